# Building, shared by ./demo and ./test. Source it after packages.sh.

# A second checkout, or a second build of the same one, finds what was compiled before.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true

# One compiler takes up to 0.8 GB in the sanitizer builds: no more jobs than memory allows.
jobs() {
  local cores gigabytes
  cores=$(nproc)
  gigabytes=$(($(awk '/MemAvailable/ {print $2}' /proc/meminfo) / 1000000))
  [ "$gigabytes" -ge 1 ] || gigabytes=1
  echo $((cores < gigabytes ? cores : gigabytes))
}

# build PRESET TARGET...: configures when needed and builds; ninja shows how far it is.
build() {
  local preset=$1
  shift
  if [ -f "build/$preset/build.ninja" ]; then
    say "building ($preset)"
  else
    say "building ($preset); the first time takes about ten minutes on two cores"
  fi
  local configure=(cmake --preset "$preset")
  [ "${CI:-}" != true ] || configure+=(-DOWB_WERROR=ON)
  if [ ! -f "build/$preset/build.ninja" ] || [ "${CI:-}" = true ]; then
    "${configure[@]}" >"build/$preset.configure.log" 2>&1 || {
      tail -n 20 "build/$preset.configure.log" >&2
      fail "cmake could not configure; the whole output: build/$preset.configure.log"
    }
  fi
  NINJA_STATUS='[%f/%t %es] ' cmake --build --preset "$preset" -j "$(jobs)" ${1:+--target "$@"}
}

# www_modules: what package-lock.json says, without running any script of a package.
www_modules() {
  if [ ! -f www/node_modules/.package-lock.json ] || [ www/package-lock.json -nt www/node_modules/.package-lock.json ]; then
    say "fetching the dashboard's packages from the npm registry"
    (cd www && npm ci --ignore-scripts --no-audit --no-fund) ||
      fail "npm ci failed in www. Is registry.npmjs.org reachable?"
  fi
}

# build_www: builds the dashboard when a source is newer than what was built.
build_www() {
  [ -f www/package.json ] || fail "www/ is missing: this clone is not complete"
  if [ -f www/dist/index.html ] &&
    [ -z "$(find www -path www/node_modules -prune -o -path www/dist -prune -o -type f -newer www/dist/index.html -print -quit)" ]; then
    return
  fi
  www_modules
  say "building the dashboard"
  (cd www && npm run --silent build)
}
