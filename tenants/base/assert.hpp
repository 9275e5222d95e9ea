#pragma once

#include <cstdio>
#include <cstdlib>

/// Our own bug: ends the process, in release builds too. For tenancy and ownership, never for what a peer sent.
#define OWB_ASSERT(condition)                                                          \
  do {                                                                                 \
    if (!(condition)) [[unlikely]] {                                                   \
      std::fprintf(stderr, "%s:%d: OWB_ASSERT(%s)\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                    \
    }                                                                                  \
  } while (false)
