#pragma once
#include <utility>
#include <variant>

#include <base/ensure.hpp>

namespace atlas {

/// Wraps an error so that `return Err(TxError::kNonceTooLow);` converts to any Result with that error type.
template <class E>
struct Err {
  E error;
  explicit constexpr Err(E e) : error(std::move(e)) {}
};

/// A value or the reason there is none. For invalid input; shared by host and guest (no exceptions).
template <class T, class E>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
  constexpr Result(Err<E> e) : data_(std::in_place_index<1>, std::move(e.error)) {}

  constexpr bool ok() const { return data_.index() == 0; }
  constexpr explicit operator bool() const { return ok(); }

  constexpr T& value() & {
    ENSURE(ok(), "value() of a failed Result");
    return *std::get_if<0>(&data_);
  }
  constexpr const T& value() const& {
    ENSURE(ok(), "value() of a failed Result");
    return *std::get_if<0>(&data_);
  }
  constexpr T&& value() && {
    ENSURE(ok(), "value() of a failed Result");
    return std::move(*std::get_if<0>(&data_));
  }
  constexpr T& operator*() & { return value(); }
  constexpr const T& operator*() const& { return value(); }
  constexpr T* operator->() { return &value(); }
  constexpr const T* operator->() const { return &value(); }

  constexpr const E& error() const {
    ENSURE(!ok(), "error() of a good Result");
    return *std::get_if<1>(&data_);
  }

 private:
  std::variant<T, E> data_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  constexpr Result() = default;
  constexpr Result(Err<E> e) : data_(std::in_place_index<1>, std::move(e.error)) {}
  constexpr bool ok() const { return data_.index() == 0; }
  constexpr explicit operator bool() const { return ok(); }
  constexpr const E& error() const {
    ENSURE(!ok(), "error() of a good Result");
    return *std::get_if<1>(&data_);
  }

 private:
  std::variant<std::monostate, E> data_;
};

}  // namespace atlas
