#include "portal/app/socket_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tenants/base/unique_fd.hpp"

namespace owb::portal::app {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class SocketFolderTest : public testing::Test {
 protected:
  SocketFolderTest() {
    std::string name = testing::TempDir() + "owb-XXXXXX";
    base_ = ::mkdtemp(name.data());
    folder_ = base_ / "run";
    socket_ = folder_ / "portal.sock";
  }

  ~SocketFolderTest() override { fs::remove_all(base_); }

  UniqueFd bound() const {
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  /// Why the socket cannot be prepared; empty if it can.
  std::string refusal() const {
    try {
      prepare_socket(socket_);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }

  fs::path base_;
  fs::path folder_;
  fs::path socket_;
};

TEST_F(SocketFolderTest, MakesThePrivateFolder) {
  EXPECT_EQ(refusal(), "");

  struct stat status {};

  ASSERT_EQ(::stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(SocketFolderTest, RemovesAStaleSocket) {
  fs::create_directory(folder_);
  bound();  // and closed again: nobody listens
  ASSERT_TRUE(fs::exists(socket_));
  EXPECT_EQ(refusal(), "");
  EXPECT_FALSE(fs::exists(socket_));
}

TEST_F(SocketFolderTest, LeavesASocketThatAnswers) {
  fs::create_directory(folder_);
  const auto fd = bound();
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  EXPECT_THAT(refusal(), HasSubstr("another owb-portal"));
  EXPECT_TRUE(fs::exists(socket_));
}

TEST_F(SocketFolderTest, LeavesWhatIsNoSocket) {
  fs::create_directory(folder_);
  std::ofstream{socket_} << "precious";
  EXPECT_THAT(refusal(), HasSubstr("no socket"));
  EXPECT_TRUE(fs::exists(socket_));
}

TEST_F(SocketFolderTest, RefusesAFolderOthersCanWriteTo) {
  fs::create_directory(folder_);
  ::chmod(folder_.c_str(), 0777);
  EXPECT_THAT(refusal(), HasSubstr("chmod 700"));
}

TEST_F(SocketFolderTest, SaysWhenTheParentIsMissing) {
  socket_ = base_ / "a" / "b" / "portal.sock";
  EXPECT_THAT(refusal(), HasSubstr("portal_socket"));
}

TEST_F(SocketFolderTest, SaysWhenThePathIsTooLong) {
  socket_ = folder_ / std::string(120, 'x');
  EXPECT_THAT(refusal(), HasSubstr("too long"));
}

}  // namespace
}  // namespace owb::portal::app
