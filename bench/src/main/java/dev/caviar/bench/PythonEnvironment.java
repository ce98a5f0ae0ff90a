package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.engine.kernel.CacheFolder;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A virtual environment with exactly the packages of one of our requirements files.
///
/// @param requirements the resource's name, such as `jax.txt`
/// @param text         what it says
/// @param path         where interpreters are looked for, as in `PATH`
/// @param cache        the folder that environments are kept in
record PythonEnvironment(String requirements, String text, String path, Path cache) {
    // 3.11 first: what the pins were found with. Later than 3.13 there are no builds of them.
    private static final List<String> NAMES = List.of("python3.11", "python3", "python", "python3.12", "python3.13");
    private static final Pattern VERSION = Pattern.compile("Python 3\\.(\\d+).*");
    private static final int OLDEST = 11;
    private static final int NEWEST = 13;

    static PythonEnvironment of(String requirements) {
        var path = System.getenv("PATH");
        return new PythonEnvironment(requirements, Runner.resource("python/" + requirements), path == null ? "" : path, CacheFolder.path());
    }

    private record Interpreter(Path file, int minor) {}

    /// The environment's interpreter. Throws [BadInput] where there is no Python, or packages cannot be fetched.
    Path ready() {
        var python = interpreter();
        var name = requirements.replace(".txt", "");
        var folder = Install.of(cache, name, "3." + python.minor + "\n" + text).ready(to -> install(python, name, to));
        return inside(folder);
    }

    private Interpreter interpreter() {
        return NAMES.stream().flatMap(name -> found(name).stream()).findFirst().orElseThrow(() -> new BadInput(
                "There is no Python 3." + OLDEST + " to 3." + NEWEST + " on the PATH, which this peer needs; looked for " + String.join(", ", NAMES)
                + ".\nMaybe install one (on Debian and Ubuntu: apt install python3 python3-venv), or measure without --peer."));
    }

    private Optional<Interpreter> found(String name) {
        return Stream.of(path.split(Pattern.quote(File.pathSeparator))).filter(folder -> !folder.isEmpty())
                .flatMap(folder -> Stream.of(Path.of(folder, name), Path.of(folder, name + ".exe"))).filter(Files::isExecutable)
                .flatMap(file -> version(file).stream()).findFirst();
    }

    /// Asked by running it: a name says nothing, and a wrapper of that name may have no interpreter behind it.
    private static Optional<Interpreter> version(Path file) {
        try {
            var child = Child.run(List.of(file.toString(), "--version"), _ -> false);
            var match = VERSION.matcher(child.lines().isEmpty() ? "" : child.lines().getLast());
            if (child.failed() || !match.matches()) return Optional.empty();
            int minor = Integer.parseInt(match.group(1));
            return minor < OLDEST || minor > NEWEST ? Optional.empty() : Optional.of(new Interpreter(file, minor));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Path inside(Path folder) {
        var windows = folder.resolve("Scripts").resolve("python.exe");
        return Files.exists(windows) ? windows : folder.resolve("bin").resolve("python");
    }

    private void install(Interpreter python, String name, Path folder) throws IOException {
        long packages = text.lines().filter(line -> line.contains("==")).count();
        System.err.println("caviar bench: installing " + name + " for the first time (" + packages + " packages, minutes) into " + folder);
        var made = Child.run(List.of(python.file.toString(), "-m", "venv", "--clear", folder.toString()), _ -> false);
        if (made.failed()) {
            throw new BadInput(python.file + " cannot make a virtual environment:\n" + made.tail() + "\nMaybe install its venv module (on Debian "
                    + "and Ubuntu: apt install python3-venv).");
        }
        var list = Files.writeString(folder.resolve("requirements.txt"), text);
        var pip = Child.run(List.of(inside(folder).toString(), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps",
                "--progress-bar", "off", "--retries", "2", "-r", list.toString()), PythonEnvironment::tells);
        if (pip.failed()) {
            throw new BadInput("The packages of " + name + " cannot be installed: " + pip.reason() + "\nMaybe there is no network, or pip needs "
                    + "settings for it (pip config); the same words by hand: " + inside(folder) + " -m pip install --no-deps -r " + list);
        }
    }

    private static boolean tells(String line) {
        var words = line.strip();
        return words.startsWith("Downloading") || words.startsWith("Installing") || words.startsWith("WARNING");
    }
}
