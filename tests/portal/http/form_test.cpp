#include "portal/http/form.hpp"

#include <string>

#include <gtest/gtest.h>

namespace owb::portal::http {
namespace {

using namespace std::string_literals;

TEST(Form, DecodesWhatBrowsersSend) {
  const auto form =
      Form::parse("user=alice&password=a%2Bb+c%26%C3%A4&empty=&next=%2Fhistory%3Fd%3D1&flag");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->get("user"), "alice");
  EXPECT_EQ(form->get("password"), "a+b c&ä");
  EXPECT_EQ(form->get("empty"), "");
  EXPECT_EQ(form->get("next"), "/history?d=1");
  EXPECT_EQ(form->get("flag"), "");
  EXPECT_EQ(form->get("absent"), "");
}

TEST(Form, RefusesWhatNoBrowserSends) {
  std::string many;
  for (std::size_t i = 0; i <= Form::kMaxFields; ++i) {
    many += "f" + std::to_string(i) + "=1&";
  }
  for (const auto& body : {"user=%"s, "user=%4"s, "user=%4g"s, "%zz=1"s, "user=a&user=b"s, many,
                           "user=" + std::string(Form::kMaxBody, 'a')}) {
    SCOPED_TRACE(body.substr(0, 40));
    EXPECT_FALSE(Form::parse(body));
  }
}

TEST(Form, PercentEncodingComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  const auto encoded = percent_encode(all);
  EXPECT_EQ(encoded.find_first_of("&=+<>\"' \r\n"), std::string::npos);
  EXPECT_EQ(percent_decode(encoded), all);
}

}  // namespace
}  // namespace owb::portal::http
