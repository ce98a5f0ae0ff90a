package dev.caviar.nn.format;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/// Something is wrong with the user's data or file; the message says what and where, and then what may help.
///
/// ```java
/// static void check(double cell, int line) {
///     if (Double.isInfinite(cell)) {
///         throw new DataException("rows.csv, line " + line + ": the cell is infinite.", "Maybe a division by zero made it.");
///     }
/// }
/// ```
public final class DataException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// An error with its advice, which begins with "Maybe" and gets a line of its own.
    public DataException(String problem, String advice) {
        super(problem + "\n" + advice);
    }

    /// An error with its advice and what caused it.
    public DataException(String problem, String advice, Throwable cause) {
        super(problem + "\n" + advice, cause);
    }

    /// A file that cannot be read or written, for the reason that the system gave.
    static DataException unreadable(String what, Object file, Exception cause) {
        return switch (cause) {
            case NoSuchFileException _ -> new DataException(what + " " + file + ": there is no such file.",
                    "Maybe the path is wrong.", cause);
            case AccessDeniedException _ -> new DataException(what + " " + file + ": access is denied.",
                    "Maybe another user owns it.", cause);
            case FileAlreadyExistsException inTheWay -> new DataException(what + " " + file + ": " + inTheWay.getFile() + " is a file, not a folder.",
                    "Maybe choose another folder.", cause);
            default -> new DataException(what + " " + file + ": " + reason(cause) + ".", what.equals("Writing")
                    ? "Maybe a folder has that name, or the disk is full or gone." : "Maybe the file is damaged, or the disk is full or gone.", cause);
        };
    }

    private static String reason(Exception cause) {
        var message = cause instanceof FileSystemException refused && refused.getReason() != null ? refused.getReason() : cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
