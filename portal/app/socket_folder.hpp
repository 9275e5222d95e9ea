#pragma once

#include <filesystem>

namespace owb::portal::app {

/// Makes `socket` free to listen on: its folder is there (made with mode 0700), nobody else can
/// write to it, and no stale socket is left. Throws std::runtime_error that names `portal_socket`
/// and the reason: also when somebody still answers there, and when something else lies there.
void prepare_socket(const std::filesystem::path& socket);

/// Removes the socket of a portal that has stopped. No error if it is gone.
void remove_socket(const std::filesystem::path& socket) noexcept;

}  // namespace owb::portal::app
