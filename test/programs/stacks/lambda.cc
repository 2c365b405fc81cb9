// lambda ADDRESS PORT: connects from a lambda in a std::function: see inner.c.
#include <cstdlib>
#include <functional>

#include "chain.h"

namespace shop {

class Database {
 public:
  explicit Database(ask where) : where_(where) {}
  NOINLINE int open(const std::function<int(const ask&)>& dial) { return dial(where_) + opened_; }

 private:
  ask where_;
  volatile int opened_ = 0;
};

}  // namespace shop

int main(int argc, char** argv) {
  if (argc < 3) return 255;
  shop::Database database({argv[1], atoi(argv[2]), 0});
  volatile int tries = 0;
  int error = database.open([&](const ask& where) { return outer_entry(&where) + tries; });
  return error > 5000 ? 0 : error;
}
