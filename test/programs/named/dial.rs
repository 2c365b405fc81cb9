// Connects to the address it is given through a trait. Used by test/kernel/names.test.ts.
use std::net::TcpStream;

trait Opens {
    fn open(&self) -> bool;
}

struct Pool {
    address: String,
}

impl Opens for Pool {
    #[inline(never)]
    fn open(&self) -> bool {
        let connected = TcpStream::connect(&self.address);
        std::hint::black_box(connected).is_ok()
    }
}

fn main() {
    let pool = Pool { address: std::env::args().nth(1).unwrap() };
    std::hint::black_box(pool.open());
}
