// Names of addresses in a file that is known by its build-id only, for a session that was
// recorded elsewhere: `nameLater` in contract/addon.ts.
#pragma once

#include <node_api.h>

namespace synscope {

napi_value name_later(napi_env env, napi_callback_info info);

}  // namespace synscope
