#include "tenants/base/assert.hpp"
#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"
