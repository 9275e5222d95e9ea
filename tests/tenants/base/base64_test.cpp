#include "tenants/base/base64.hpp"

#include <gtest/gtest.h>

namespace owb {
namespace {

TEST(Base64, IsItsOwnInverse) {
  for (const auto* text : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xFF\xFE\xFD"}) {
    SCOPED_TRACE(text);
    const auto bytes = as_byte_view(text);
    EXPECT_EQ(as_text(from_base64(to_base64(bytes)).value_or(Bytes{})), text);
    EXPECT_EQ(as_text(from_base64url(to_base64url(bytes)).value_or(Bytes{})), text);
    EXPECT_EQ(as_text(from_hex(to_hex(bytes)).value_or(Bytes{})), text);
  }
}

TEST(Base64, KnowsTheExamplesOfRfc4648) {
  EXPECT_EQ(to_base64(as_byte_view("foob")), "Zm9vYg==");
  EXPECT_EQ(to_base64url(as_byte_view("\xFB\xFF")), "-_8");
  EXPECT_EQ(to_hex(as_byte_view("\x0A\xF0")), "0af0");
}

TEST(Base64, TakesNothingButTheCanonicalSpelling) {
  for (const auto* text :
       {"Zm9vYg", "Zm9vYg=", "Zm9vYg===", "Zm9v Yg==", "Zm9vYh==", "Zm9v\nYg==", "-_8="}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(from_base64(text));
  }
  for (const auto* text : {"-_8=", "-_9", "+/8", "-_8 ", "-"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(from_base64url(text));
  }
  for (const auto* text : {"0", "0g", "0a f", "0x0a"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(from_hex(text));
  }
}

}  // namespace
}  // namespace owb
