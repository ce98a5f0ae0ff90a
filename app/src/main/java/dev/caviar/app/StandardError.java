package dev.caviar.app;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;

/// Standard error, as the launcher hands it over.
final class StandardError {
    private StandardError() {}

    /// Goes on with the file that property `caviar.stderr` numbers. Until here the launcher's filter stood before it, for the one
    /// warning that the JVM prints at each start with the vector module.
    static void restore() {
        int number = Integer.getInteger("caviar.stderr", 2);
        if (number == 2) return;
        try {
            var constructor = FileDescriptor.class.getDeclaredConstructor(int.class);
            constructor.setAccessible(true);
            var file = new FileOutputStream(constructor.newInstance(number));
            System.setErr(new PrintStream(file, true, System.err.charset()));
        } catch (ReflectiveOperationException | RuntimeException e) {
            // A JVM without this constructor keeps the filter: what is printed is the same.
            System.getLogger("dev.caviar.app").log(System.Logger.Level.DEBUG, "standard error stays filtered", e);
        }
    }
}
