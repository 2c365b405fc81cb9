// Connects to 127.0.0.1 at the port it is given. Used by test/kernel/names.test.ts.
import { connect } from 'node:net';

function openDatabase(port) {
  connect({ port, host: '127.0.0.1', autoSelectFamily: false }).on('error', () => {});
}

openDatabase(Number(process.argv[2]));
setTimeout(() => {}, 1000);
