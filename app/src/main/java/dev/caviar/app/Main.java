package dev.caviar.app;

import dev.caviar.engine.compile.MemoryException;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.train.DivergedException;
import dev.caviar.tune.space.SpaceException;
import dev.caviar.tune.storage.StorageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/// The `caviar` command: finds the command that is asked for among its own and those of every [CommandProvider], and runs it.
///
/// Exit code 0 for success, 2 for bad usage, bad input or too little memory (one message on standard error), 1 for everything else.
///
/// ```java
/// int code = Main.execute("--help");
/// ```
@Command(
    name = "caviar",
    synopsisSubcommandLabel = "COMMAND",
    description = "Deep learning and hyperparameter search.%n",
    versionProvider = Main.Version.class,
    mixinStandardHelpOptions = true,
    commandListHeading = "%nCommands:%n",
    footer = "%nHelp on one command: caviar COMMAND --help",
    subcommands = {SearchCommand.class, EvaluateCommand.class, PredictCommand.class, ProfileCommand.class, SpaceCommand.class, ImportanceCommand.class, ReportCommand.class, StudyCommand.class, CheckCommand.class, DoctorCommand.class, Run.class, HelpCommand.class})
public final class Main implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    Main() {}

    public static void main(String... args) {
        if (args.length == 1 && args[0].equals("--version")) {
            System.out.println(version());
            return;
        }
        StandardError.restore();
        var code = execute(args);
        // A program that `run` started may still have threads of its own: with code 0 they decide when the process ends.
        if (code != ExitCode.OK) System.exit(code);
    }

    /// Runs one command line and returns its exit code.
    public static int execute(String... args) {
        var line = line();
        // Otherwise `caviar serch --help` would show the help of `caviar`.
        if (args.length > 0 && !args[0].startsWith("-") && !line.getSubcommands().containsKey(args[0])) {
            return BadUsage.report(new UnmatchedArgumentException(line, List.of(args[0])));
        }
        try {
            return line.execute(args);
        } catch (OutOfMemoryError e) {
            line.getErr().println("caviar: there is not enough memory: " + e.getMessage()
                    + (String.valueOf(e.getMessage()).contains("Maybe") ? "" : "\nMaybe use a smaller model or batch, or let Java have more: -Xmx."));
            return ExitCode.USAGE;
        }
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static CommandLine line() {
        var line = new CommandLine(new Main());
        for (var provider : ServiceLoader.load(CommandProvider.class)) provider.commands().forEach(line::addSubcommand);
        // What stands behind the file belongs to the program, options too.
        line.getSubcommands().get("run").setStopAtPositional(true);
        return line.setExpandAtFiles(false)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, args) -> BadUsage.report(e))
                .setExecutionExceptionHandler(Main::failed);
    }

    private static int failed(Exception e, CommandLine line, ParseResult parsed) {
        if (isBadInput(e)) {
            line.getErr().println(line.getCommandSpec().qualifiedName() + ": " + advised(e, line.getCommandSpec()));
            return ExitCode.USAGE;
        }
        if (e instanceof DivergedException) {
            line.getErr().println(line.getCommandSpec().qualifiedName() + ": " + e.getMessage());
            return ExitCode.SOFTWARE;
        }
        e.printStackTrace(new PrintWriter(line.getErr(), true));
        return ExitCode.SOFTWARE;
    }

    /// The message of what went wrong, which ends with advice.
    private static String advised(Exception e, CommandSpec spec) {
        var file = refused(e);
        if (file != null) return file.toString().replaceFirst("^java\\.[a-z.]*\\.", "") + "\nMaybe the path is wrong, a folder or file is in the way, the disk is full, or you may not write there.";
        var message = String.valueOf(e.getMessage());
        if (message.contains("\nMaybe ")) return message;
        return message + (e instanceof SpaceException ? "\nMaybe compare it with the form: `caviar space schema` prints it." : "\nMaybe look it up: `" + spec.qualifiedName() + " --help`.");
    }

    /// The file that the system refuses, where that is the reason.
    private static @Nullable IOException refused(Exception e) {
        var cause = e instanceof UncheckedIOException unchecked ? unchecked.getCause() : e;
        return cause instanceof FileSystemException || cause instanceof FileNotFoundException ? (IOException) cause : null;
    }

    /// Whether the user can mend it: such errors carry a message for people, and a stack trace would hide it.
    private static boolean isBadInput(Exception e) {
        return e instanceof BadInput || e instanceof DataException || e instanceof StorageException || e instanceof SpaceException
                || e instanceof MemoryException || refused(e) != null;
    }

    static String version() {
        try (var in = Main.class.getResourceAsStream("version.properties")) {
            var properties = new Properties();
            properties.load(Objects.requireNonNull(in));
            return "caviar " + properties.getProperty("version") + " (JDK " + Runtime.version() + ")";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {version()};
        }
    }
}
