"""What packages.sh finds missing: also on a machine that has never heard of a package."""

import pathlib
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def missing(*packages):
    # As `need` calls it from ./demo, which ends at the first command that fails.
    script = ('set -euo pipefail; . "$0"; mapfile -t missing < <(missing_packages "$@"); '
              'printf "%s\\n" "${missing[@]}"')
    done = subprocess.run(['bash', '-c', script, str(HERE / 'packages.sh'), *packages],
                          capture_output=True, text=True, check=True)
    return done.stdout.split()


class MissingPackages(unittest.TestCase):
    def test_names_what_dpkg_has_never_heard_of(self):
        self.assertEqual(missing('dpkg', 'owb-no-such-package', 'bash'), ['owb-no-such-package'])
        self.assertEqual(missing('owb-no-such-package'), ['owb-no-such-package'])

    def test_names_nothing_when_all_are_there(self):
        self.assertEqual(missing('dpkg', 'bash'), [])


if __name__ == '__main__':
    unittest.main()
