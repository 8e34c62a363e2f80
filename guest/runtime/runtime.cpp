// What the C++ library's headers ask of a system: an allocator and ways to give up.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include <platform/ecall.hpp>

extern "C" unsigned char __heap_begin[];
extern "C" unsigned char __heap_end[];

namespace {

using atlas::platform::halt;
using atlas::platform::write_log;

constexpr atlas::u32 kOutOfMemory = 2;
constexpr atlas::u32 kAborted = 3;

template <std::size_t N>
[[noreturn]] void give_up(const char (&text)[N], atlas::u32 code) {
  write_log(text, N - 1);
  halt(code);
}

// A bump heap: nothing is ever given back, which a run of bounded length can afford and a proof finds cheapest.
std::uintptr_t used = 0;

void* allocate(std::size_t size, std::size_t align) {
  const auto begin = reinterpret_cast<std::uintptr_t>(__heap_begin);
  const auto end = reinterpret_cast<std::uintptr_t>(__heap_end);
  const std::uintptr_t at = (begin + used + align - 1) & ~(align - 1);
  if (at < begin || at > end || size > end - at) give_up("heap exhausted: raise --heap of tools/guest\n", kOutOfMemory);
  used = at + size - begin;
  return reinterpret_cast<void*>(at);
}
constexpr std::size_t kAlign = 8;

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size, kAlign);
}
void* operator new[](std::size_t size) {
  return allocate(size, kAlign);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, kAlign);
}
void* operator new(std::size_t size, std::align_val_t align) {
  return allocate(size, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return allocate(size, static_cast<std::size_t>(align));
}
void operator delete(void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}
void operator delete(void*, std::align_val_t) noexcept {}
void operator delete(void*, std::size_t, std::align_val_t) noexcept {}
void operator delete[](void*) noexcept {}
void operator delete[](void*, std::size_t) noexcept {}
void operator delete[](void*, std::align_val_t) noexcept {}
void operator delete[](void*, std::size_t, std::align_val_t) noexcept {}

namespace std {
inline namespace __1 {
[[noreturn]] void __libcpp_verbose_abort(const char* format, ...) {
  write_log(format, char_traits<char>::length(format));
  halt(kAborted);
}
// libc++ declares these as living in its library, which the guest has not.
template class basic_string<char>;
}  // namespace __1
}  // namespace std

extern "C" {
[[noreturn]] void __cxa_pure_virtual() {
  give_up("pure virtual call\n", kAborted);
}
void abort() {
  give_up("abort\n", kAborted);
}
// Nothing runs after the end, so static objects are never destroyed.
int __cxa_atexit(void (*)(void*), void*, void*) {
  return 0;
}
void* __dso_handle = nullptr;
}
