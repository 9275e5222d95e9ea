#include "tests/broker/net/tls/test_authority.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace owb::net::test {

namespace {

template <typename Write>
std::string to_pem(Write&& write) {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  write(bio.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "owb-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("mkdtemp " + pattern);
  }
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::string& path, std::string_view content) {
  // A new file put in place, as certbot does it: the old content is never seen half.
  const auto fresh = path + ".new";
  std::ofstream{fresh, std::ios::binary} << content;
  std::filesystem::rename(fresh, path);
}

std::string TestCertificate::certificate_pem() const {
  return to_pem([this](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
}

std::string TestCertificate::key_pem() const {
  return to_pem([this](BIO* bio) {
    PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

long TestCertificate::serial() const {
  return ASN1_INTEGER_get(X509_get0_serialNumber(certificate.get()));
}

TestAuthority::TestAuthority(std::string_view name) : self_(make(name, true, true)) {}

TestCertificate TestAuthority::issue(std::string_view common_name) {
  return make(common_name, true, false);
}

TestCertificate TestAuthority::issue_nameless() {
  return make({}, false, false);
}

TestCertificate TestAuthority::make(std::string_view common_name, bool named, bool authority) {
  TestCertificate made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  auto* x509 = made.certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), ++last_serial_);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 86'400);
  X509_set_pubkey(x509, made.key.get());

  auto* subject = X509_get_subject_name(x509);
  const auto add = [subject](int nid, std::string_view text) {
    const std::unique_ptr<X509_NAME_ENTRY, OpensslFree<X509_NAME_ENTRY_free>> entry{
        X509_NAME_ENTRY_create_by_NID(nullptr, nid, V_ASN1_UTF8STRING,
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()))};
    X509_NAME_add_entry(subject, entry.get(), -1, 0);
  };
  add(NID_organizationName, "owb");
  if (named) {
    add(NID_commonName, common_name);
  }

  auto* issuer = authority ? x509 : self_.certificate.get();
  X509_set_issuer_name(x509, X509_get_subject_name(issuer));
  if (authority) {
    const std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>> extension{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE")};
    X509_add_ext(x509, extension.get(), -1);
  }
  X509_sign(x509, authority ? made.key.get() : self_.key.get(), EVP_sha256());
  return made;
}

std::string TestAuthority::revocation_list_pem(
    const std::vector<const TestCertificate*>& revoked) const {
  const std::unique_ptr<X509_CRL, OpensslFree<X509_CRL_free>> list{X509_CRL_new()};
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(self_.certificate.get()));
  const std::unique_ptr<ASN1_TIME, OpensslFree<ASN1_TIME_free>> now{X509_gmtime_adj(nullptr, -60)};
  const std::unique_ptr<ASN1_TIME, OpensslFree<ASN1_TIME_free>> next{
      X509_gmtime_adj(nullptr, 86'400)};
  X509_CRL_set1_lastUpdate(list.get(), now.get());
  X509_CRL_set1_nextUpdate(list.get(), next.get());
  for (const auto* certificate : revoked) {
    auto* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate->certificate.get()));
    X509_REVOKED_set_revocationDate(entry, now.get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509_CRL_sort(list.get());
  X509_CRL_sign(list.get(), self_.key.get(), EVP_sha256());
  return to_pem([&list](BIO* bio) { PEM_write_bio_X509_CRL(bio, list.get()); });
}

}  // namespace owb::net::test
