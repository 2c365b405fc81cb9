// Connects to 127.0.0.1 at the first port, and, once something comes on stdin, at the second: by
// then its functions are compiled (-Xcomp). Used by test/kernel/compiled-names.test.ts.
import java.net.Socket;

public class Dial {
  static void openDatabase(int port) {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      System.out.println("connected");
    } catch (java.io.IOException expected) {
    }
  }

  public static void main(String[] arguments) throws Exception {
    openDatabase(Integer.parseInt(arguments[0]));
    System.out.println("ready");
    System.in.read();
    openDatabase(Integer.parseInt(arguments[1]));
  }
}
