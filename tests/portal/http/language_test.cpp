#include "portal/http/language.hpp"

#include <gtest/gtest.h>

namespace owb::portal::http {
namespace {

struct Row {
  const char* asked;
  const char* accepted;
  const char* expected;
};

TEST(Language, IsChosenByTheBrowserUnlessAskedFor) {
  const Row rows[] = {
      {"", "", "de"},
      {"", "de-DE,de;q=0.9,en;q=0.8", "de"},
      {"", "en-US,en;q=0.9,de;q=0.8", "en"},
      {"", "fr-FR, fr;q=0.9, en;q=0.5", "en"},
      {"", "fr", "de"},
      {"", "en;q=0.2, de;q=0.8", "de"},
      {"", "en;q=0, de;q=0", "de"},
      {"", "EN", "en"},
      {"", "english", "de"},
      {"", "en;q=nonsense", "de"},
      {"", ";;;,,,q=1,=;en", "de"},
      {"en", "de", "en"},
      {"de", "en", "de"},
      {"EN-gb", "de", "en"},
      {"\"><script>", "en", "en"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.accepted);
    EXPECT_EQ(code_of(choose_language(row.asked, row.accepted)), row.expected);
  }
}

}  // namespace
}  // namespace owb::portal::http
