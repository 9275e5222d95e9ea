#!/usr/bin/python3
"""The layering check finds what it is there to find."""

import pathlib
import tempfile
import unittest

from layering import violations


class Layering(unittest.TestCase):
    def check(self, path, include):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / path
            file.parent.mkdir(parents=True)
            file.write_text(f"#pragma once\n#include {include}\n")
            return violations(pathlib.Path(directory))

    def test_allows_what_the_table_says(self):
        for path, include in (("broker/core/hub.cpp", '"broker/mqtt/topic.hpp"'), ("broker/app/main.cpp", '"broker/mqtt/topic.hpp"'),
                              ("portal/auth/login.cpp", '"broker/mqtt/codec.hpp"'), ("broker/net/web/ws.cpp", "<libwebsockets.h>"),
                              ("tenants/registry/db.cpp", "<sqlite3.h>"), ("broker/core/hub.hpp", "<vector>")):
            with self.subTest(path=path, include=include):
                self.assertEqual(self.check(path, include), [])

    def test_refuses_everything_else(self):
        for path, include in (("broker/mqtt/codec.cpp", '"broker/core/hub.hpp"'), ("tenants/base/log.hpp", '"tenants/registry/db.hpp"'),
                              ("portal/http/pages.cpp", '"broker/core/hub.hpp"'), ("broker/core/hub.cpp", '"portal/auth/login.hpp"'),
                              ("broker/core/hub.cpp", "<boost/asio.hpp>"), ("broker/net/tls.cpp", "<libwebsockets.h>"),
                              ("broker/core/hub.cpp", '"hub.hpp"'), ("portal/auth/login.cpp", "<httplib.h>")):
            with self.subTest(path=path, include=include):
                self.assertEqual(len(self.check(path, include)), 1)


if __name__ == "__main__":
    unittest.main()
