#pragma once
// Structured logs on stderr, text for people or one JSON object a line, and the live status line below them.
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <node/config.hpp>

namespace atlas::node {

struct LogField {
  std::string_view key;
  std::variant<std::string, u64, double, bool> value;
};

class Log {
 public:
  explicit Log(const LogConfig& config);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogSeverity severity, std::string_view message, std::initializer_list<LogField> fields = {});
  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogSeverity::kDebug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogSeverity::kInfo, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogSeverity::kWarn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogSeverity::kError, message, fields);
  }

  /// Text and a terminal: only then is there a status line.
  bool has_status_line() const;
  /// Redraws the line below the logs; empty removes it.
  void set_status(std::string text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atlas::node
