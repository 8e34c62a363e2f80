#include <nlohmann/json.hpp>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <node/log.hpp>

namespace atlas::node {
namespace {

constexpr char kClearLine[] = "\r\033[2K";

/// Writes lines to stderr and keeps the status line under them. A closed stderr loses the text and nothing else.
class TerminalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void set_status(std::string text) {
    const std::lock_guard lock(mutex_);
    std::string out = kClearLine + text;
    status_ = std::move(text);
    write_all(out);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string out;
    if (!status_.empty()) out += kClearLine;
    out.append(line.data(), line.size());
    out += status_;
    write_all(out);
  }
  void flush_() override {}

 private:
  static void write_all(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
      if (written <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  std::string status_;
};

spdlog::level::level_enum level_of(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kTrace:
      return spdlog::level::trace;
    case LogSeverity::kDebug:
      return spdlog::level::debug;
    case LogSeverity::kInfo:
      return spdlog::level::info;
    case LogSeverity::kWarn:
      return spdlog::level::warn;
    case LogSeverity::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view name_of(LogSeverity severity) {
  constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::string now_rfc3339() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(ms));
  return text;
}

std::string json_line(LogSeverity severity, std::string_view message, std::initializer_list<LogField> fields) {
  nlohmann::ordered_json line;
  line["time"] = now_rfc3339();
  line["level"] = name_of(severity);
  line["message"] = message;
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  // Bytes that are not UTF-8 (file names, foreign error texts) are replaced, not thrown over.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string text_line(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line(message);
  for (const LogField& field : fields) {
    line += "  ";
    line += field.key;
    line += '=';
    std::visit(
        [&](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::string>) {
            line += value;
          } else if constexpr (std::is_same_v<T, double>) {
            line += fmt::format("{:.1f}", value);
          } else {
            line += fmt::format("{}", value);
          }
        },
        field.value);
  }
  return line;
}

}  // namespace

struct Log::Impl {
  LogFormat format;
  std::shared_ptr<TerminalSink> sink = std::make_shared<TerminalSink>();
  spdlog::logger logger{"atlas", sink};
};

Log::Log(const LogConfig& config) : impl_(std::make_unique<Impl>()) {
  impl_->format = config.format;
  impl_->logger.set_level(level_of(config.level));
  impl_->logger.set_pattern(config.format == LogFormat::kJson ? "%v" : "%Y-%m-%d %H:%M:%S.%e %-5l %v");
}

Log::~Log() {
  if (has_status_line()) set_status("");
}

void Log::write(LogSeverity severity, std::string_view message, std::initializer_list<LogField> fields) {
  if (!impl_->logger.should_log(level_of(severity))) return;
  const bool json = impl_->format == LogFormat::kJson;
  impl_->logger.log(level_of(severity), "{}", json ? json_line(severity, message, fields) : text_line(message, fields));
}

bool Log::has_status_line() const {
  return impl_->format == LogFormat::kText && ::isatty(STDERR_FILENO) == 1;
}

void Log::set_status(std::string text) {
  impl_->sink->set_status(std::move(text));
}

}  // namespace atlas::node
