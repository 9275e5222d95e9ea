#include "broker/mqtt/error.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "broker/mqtt/types.hpp"

namespace owb::mqtt {
namespace {

TEST(MqttErrors, HaveAReasonCode) {
  EXPECT_EQ(reason_of(Errc::malformed_packet), Reason::malformed_packet);
  EXPECT_EQ(reason_of(Errc::protocol_error), Reason::protocol_error);
  EXPECT_EQ(reason_of(Errc::topic_name_invalid), Reason::topic_name_invalid);
  EXPECT_EQ(reason_of(Errc::topic_filter_invalid), Reason::topic_filter_invalid);
  EXPECT_EQ(reason_of(Errc::topic_alias_invalid), Reason::topic_alias_invalid);
  EXPECT_EQ(reason_of(Errc::packet_too_large), Reason::packet_too_large);
  EXPECT_EQ(reason_of(Errc::unsupported_version), Reason::unsupported_protocol_version);
  EXPECT_EQ(reason_of(Errc::payload_format_invalid), Reason::payload_format_invalid);
  EXPECT_EQ(reason_of(Errc::too_many_properties), Reason::quota_exceeded);
  EXPECT_EQ(reason_of(Errc::length_invalid), Reason::malformed_packet);
  EXPECT_EQ(reason_of(Errc::property_not_allowed), Reason::malformed_packet);
  EXPECT_EQ(reason_of(Errc::property_repeated), Reason::protocol_error);
  EXPECT_EQ(reason_of(Errc::topic_missing), Reason::protocol_error);
  EXPECT_EQ(reason_of(Errc::client_id_invalid), Reason::malformed_packet);
  EXPECT_EQ(reason_of(Errc::connect_field_invalid), Reason::malformed_packet);
  EXPECT_EQ(reason_of(boost::system::errc::make_error_code(boost::system::errc::no_such_device)),
            Reason::malformed_packet);
}

TEST(MqttErrors, HaveMessagesOfTheirOwn) {
  std::set<std::string> messages;
  for (int value = 1; value <= static_cast<int>(Errc::connect_field_invalid); ++value) {
    messages.insert(make_error_code(static_cast<Errc>(value)).message());
  }
  EXPECT_EQ(messages.size(), static_cast<std::size_t>(Errc::connect_field_invalid));
}

// [MQTT 3.2.2.3]
TEST(MqttErrors, AreToldToOldClientsInFiveCodes) {
  struct Row {
    Reason reason;
    int code;
  };

  constexpr Row kRows[] = {
      {Reason::success, 0},
      {Reason::unsupported_protocol_version, 1},
      {Reason::client_identifier_not_valid, 2},
      {Reason::server_unavailable, 3},
      {Reason::server_busy, 3},
      {Reason::quota_exceeded, 3},
      {Reason::connection_rate_exceeded, 3},
      {Reason::bad_user_name_or_password, 4},
      {Reason::not_authorized, 5},
      {Reason::banned, 5},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(connack_code(row.reason), row.code) << static_cast<int>(row.reason);
  }
  for (int reason = 0x80; reason < 0x100; ++reason) {
    const int code = connack_code(static_cast<Reason>(reason));
    EXPECT_TRUE(code >= 1 && code <= 5) << reason;
  }
}

}  // namespace
}  // namespace owb::mqtt
