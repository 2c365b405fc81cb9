// Small conversions between C++ and JavaScript values, and errors with a code.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace synscope {

// A failure for a person to read. `code` is an errno name such as EPERM.
class Failure : public std::runtime_error {
 public:
  Failure(std::string code, const std::string& sentence)
      : std::runtime_error(sentence), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

inline napi_value js_string(napi_env env, const std::string& text) {
  napi_value value;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

inline napi_value js_number(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}

inline napi_value js_boolean(napi_env env, bool boolean) {
  napi_value value;
  napi_get_boolean(env, boolean, &value);
  return value;
}

inline napi_value js_null(napi_env env) {
  napi_value value;
  napi_get_null(env, &value);
  return value;
}

inline napi_value js_undefined(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

inline napi_value js_object(napi_env env) {
  napi_value value;
  napi_create_object(env, &value);
  return value;
}

inline void set(napi_env env, napi_value object, const char* name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

inline napi_value get(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return value;
}

// The property as a number, or `otherwise` when it is undefined.
inline double number_or(napi_env env, napi_value object, const char* name, double otherwise) {
  double number = otherwise;
  napi_get_value_double(env, get(env, object, name), &number);
  return number;
}

inline napi_value js_error(napi_env env, const Failure& failure) {
  napi_value error;
  napi_create_error(env, js_string(env, failure.code()), js_string(env, failure.what()), &error);
  return error;
}

}  // namespace synscope
