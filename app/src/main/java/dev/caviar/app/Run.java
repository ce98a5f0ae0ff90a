package dev.caviar.app;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

/// `caviar run FILE.java [args]`: compiles one source file against the class path of this process, and runs it here.
///
/// As with `java FILE.java`: the first class of the file is started, `void main()` of an instance is enough, classes in other files
/// beside it are found by their names, and nothing is written.
@Command(
    name = "run",
    description = "Compile and run one Java source file that uses Caviar.",
    mixinStandardHelpOptions = true)
final class Run implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE.java", description = "The source file.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Parameters(index = "1..*", paramLabel = "ARG", description = "Arguments of its main method.")
    private List<String> args = List.of();

    @Override
    public Integer call() throws IOException {
        if (!Files.isRegularFile(file)) throw new BadInput("there is no file " + file + ".");
        if (!file.toString().endsWith(".java")) throw new BadInput(file + " is not a Java source file: its name does not end in .java.");
        var program = SourceFile.of(file, System.err).compile(System.err);
        var main = MainMethod.of(program);
        Thread.currentThread().setContextClassLoader(program.getClassLoader());
        try {
            main.invoke(args.toArray(String[]::new));
            return ExitCode.OK;
        } catch (InvocationTargetException e) {
            printTrace(e.getCause());
            return ExitCode.SOFTWARE;
        }
    }

    private static void printTrace(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) t.setStackTrace(ownFrames(t.getStackTrace()));
        System.err.print("Exception in thread \"" + Thread.currentThread().getName() + "\" ");
        thrown.printStackTrace();
    }

    /// The program's own frames: those from the reflective call of its main method on are ours.
    private static StackTraceElement[] ownFrames(StackTraceElement[] frames) {
        int end = frames.length;
        while (end > 0 && !frames[end - 1].getClassName().equals(MainMethod.class.getName())) end--;
        if (end == 0) return frames;
        do end--;
        while (end > 0 && frames[end - 1].getClassName().matches("(jdk\\.internal|java\\.lang)\\.reflect\\..*"));
        return Arrays.copyOf(frames, end);
    }
}
