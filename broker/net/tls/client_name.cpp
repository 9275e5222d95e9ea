#include "broker/net/tls/client_name.hpp"

#include <algorithm>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "broker/net/tls/pem_file.hpp"

namespace owb::net {

namespace {

class TlsCategory : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }

  std::string message(int code) const override {
    switch (static_cast<TlsErrc>(code)) {
      case TlsErrc::no_certificate:
        return "the client showed no certificate";
      case TlsErrc::no_common_name:
        return "the client certificate has no common name";
      case TlsErrc::name_invalid:
        return "the name in the client certificate is not plain UTF-8 text";
    }
    return "unknown TLS error";
  }
};

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

/// The text of one name component. OpenSSL converts from the certificate's string type and refuses
/// invalid UTF-8.
Result<std::string> component_text(const X509_NAME_ENTRY* entry) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) {
    ERR_clear_error();
    return TlsErrc::name_invalid;
  }
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  if (text.empty() || has_control_character(text)) {
    return TlsErrc::name_invalid;
  }
  return text;
}

Result<std::string> common_name(const X509_NAME* name) {
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) {
    return TlsErrc::no_common_name;
  }
  return component_text(X509_NAME_get_entry(name, index));
}

Result<std::string> subject(const X509_NAME* name) {
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const auto text = component_text(X509_NAME_get_entry(name, i));
    if (!text) {
      return text.error();
    }
  }
  const BioPtr bio{BIO_new(BIO_s_mem())};
  if (X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    return TlsErrc::name_invalid;
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

Error make_error_code(TlsErrc code) {
  static const TlsCategory category;
  return {static_cast<int>(code), category};
}

Result<std::string> client_name(const X509* certificate, ClientNameFrom from) {
  if (certificate == nullptr) {
    return TlsErrc::no_certificate;
  }
  const auto* name = X509_get_subject_name(certificate);
  return from == ClientNameFrom::subject ? subject(name) : common_name(name);
}

}  // namespace owb::net
