#pragma once
#include <filesystem>

#include <base/bytes.hpp>

namespace atlas::zkvm {

/// Writes the bytes under a name of their own, syncs them, and only then gives them `path`: whoever finds a file there
/// finds all of it, whatever happened on the way. Throws std::system_error that names the path; nothing is left behind.
void write_whole_file(const std::filesystem::path& path, ByteView bytes);

}  // namespace atlas::zkvm
