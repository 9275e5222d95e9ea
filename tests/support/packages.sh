# The one place that installs what the project needs: source it, then `need build demo test node`.
#
#   need GROUP...   installs the packages of packages.txt that are missing; "node" means node >= 20.19 with npm,
#                   "interop" the npm clients of the integration tests (after "node")
#   say, fail       one line of progress; one clear line and exit 1
#
# Quick when everything is there: one dpkg-query. Needs apt-get, and root or sudo, only when something is missing.

support_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project_dir=$(cd "$support_dir/../.." && pwd)
node_dir=$project_dir/build/tools/node

say() { printf '%s %s\n' "${say_prefix:-==>}" "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
  local package installed
  # dpkg-query fails as soon as one of them is unknown, which is no error here (and must not end a caller with set -e).
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p') || true
  for package in "$@"; do
    grep -qxF "$package" <<<"$installed" || echo "$package"
  done
}

# as_root COMMAND...: directly or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

can_be_root() {
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null || [ -t 0 ]
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null
}

# The mosquitto package starts a system service on port 1883 when it is installed. We want only its program:
# while apt runs, policy-rc.d says "do not start", and a service we brought in is not started at boot either.
install_without_services() {
  local policy=/usr/sbin/policy-rc.d ours=no status=0
  if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
  fi
  apt_get install -y -qq --no-install-recommends "$@" || status=$?
  if [ "$ours" = yes ]; then
    as_root rm -f "$policy"
  fi
  case " $* " in
    *" mosquitto "*)
      if command -v systemctl >/dev/null; then
        as_root systemctl disable mosquitto.service >/dev/null 2>&1 || true
      fi ;;
  esac
  return "$status"
}

install_packages() {
  local missing=("$@")
  command -v apt-get >/dev/null || fail "missing packages: ${missing[*]} (this is not Debian: no apt-get here)"
  can_be_root || fail "missing packages: ${missing[*]}
  They need root: run this as root, with sudo, or first:  sudo apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log=$project_dir/build/tools/apt.log
  mkdir -p "$(dirname "$log")"
  if ! install_without_services "${missing[@]}" >"$log" 2>&1; then
    say "refreshing the package lists"
    apt_get update -qq >>"$log" 2>&1 || true
    install_without_services "${missing[@]}" >>"$log" 2>&1 || {
      tail -n 12 "$log" >&2
      fail "apt-get could not install: $(missing_packages "${missing[@]}" | tr '\n' ' ')
  Is the network up, and is this Debian 12 (bookworm)? The whole output: $log"
    }
  fi
}

# node_is_fit NODE: 20.19 or newer, what the dashboard's tools ask for.
node_is_fit() {
  command -v "$1" >/dev/null && "$1" -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);' 2>/dev/null
}

# Debian 12 has node 18. Its npm can fetch node 20 from the npm registry, by lock file and without running any script.
need_node() {
  if node_is_fit node && command -v npm >/dev/null; then
    return
  fi
  local architecture
  case "$(uname -m)" in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "node 20 for $(uname -m) is not on the npm registry: install node >= 20.19 with npm by hand" ;;
  esac
  local bin=$node_dir/node_modules/node-linux-$architecture/bin
  command -v npm >/dev/null || install_packages nodejs npm
  if ! node_is_fit "$bin/node"; then
    say "fetching node 20 from the npm registry (Debian's is $(node --version 2>/dev/null))"
    mkdir -p "$node_dir"
    cp "$support_dir/node/package.json" "$support_dir/node/package-lock.json" "$node_dir/"
    (cd "$node_dir" && npm ci --ignore-scripts --no-audit --no-fund) >"$node_dir/npm.log" 2>&1 || {
      tail -n 8 "$node_dir/npm.log" >&2
      fail "npm could not fetch node 20. Is registry.npmjs.org reachable? The whole output: $node_dir/npm.log"
    }
    node_is_fit "$bin/node" || fail "the node fetched from the npm registry does not run: $bin/node"
  fi
  export PATH=$bin:$PATH
}

# MQTT.js and Node-RED as tests/support/interop/package-lock.json pins them, once into build/tools, without their scripts.
need_interop() {
  local from=$support_dir/interop to=$project_dir/build/tools/interop
  if [ -f "$to/node_modules/.package-lock.json" ] && cmp -s "$from/package-lock.json" "$to/package-lock.json"; then
    return
  fi
  say "fetching MQTT.js and Node-RED from the npm registry"
  mkdir -p "$to"
  cp "$from/package.json" "$from/package-lock.json" "$to/"
  (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund) >"$to/npm.log" 2>&1 || {
    tail -n 8 "$to/npm.log" >&2
    rm -f "$to/package-lock.json"
    fail "npm ci failed in $to. Is registry.npmjs.org reachable? The whole output: $to/npm.log"
  }
}

need() {
  local group wanted=() missing
  for group in "$@"; do
    case "$group" in node | interop) continue ;; esac
    mapfile -t -O "${#wanted[@]}" wanted < <(awk -v g="$group" '$1 == g {print $2}' "$support_dir/packages.txt")
  done
  if [ "${#wanted[@]}" -gt 0 ]; then
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    [ "${#missing[@]}" = 0 ] || install_packages "${missing[@]}"
  fi
  case " $* " in *" node "*) need_node ;; esac
  case " $* " in *" interop "*) need_interop ;; esac
}
