package dev.caviar.tune.storage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// A real PostgreSQL server for tests: one that is installed, started on a free port over an empty folder, once per process.
public final class PostgresServer {
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private PostgresServer() {}

    /// The URL of a new database; the test is skipped, with a line that says so, where no server is installed.
    public static String database() throws SQLException {
        if (Running.PORT == 0) {
            System.out.println("Skipped, no PostgreSQL server is installed: studies on PostgreSQL.");
            Assumptions.abort("no PostgreSQL");
        }
        var name = "caviar" + DATABASES.incrementAndGet();
        try (var connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + Running.PORT + "/postgres?user=caviar"); var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return "postgresql://caviar@127.0.0.1:" + Running.PORT + "/" + name;
    }

    static int port() {
        return Running.PORT;
    }

    /// Ends all connections to a database, as an administrator may.
    public static void terminate(String url) throws SQLException {
        each(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?", row -> { });
    }

    /// Kills the process behind a connection to a database; the server then ends all others too, and recovers.
    public static void killConnection(String url) throws SQLException {
        each(url, "SELECT pid FROM pg_stat_activity WHERE datname = ? LIMIT 1", row -> ProcessHandle.of(row.getInt(1)).orElseThrow().destroyForcibly());
    }

    /// Kills the server, and returns when it is gone.
    public static void kill() throws IOException {
        var server = ProcessHandle.of(Long.parseLong(Files.readAllLines(Path.of(Running.data, "postmaster.pid")).getFirst())).orElseThrow();
        server.destroyForcibly();
        server.onExit().join();
    }

    /// Starts the server again.
    public static void start() throws IOException, InterruptedException {
        for (var tries = 0; Running.serve() != 0; tries++)    // connections of before are about to notice
            if (tries == 100) throw new IOException("the server did not start again");
    }

    private static void each(String url, String select, Row row) throws SQLException {
        var database = url.substring(url.lastIndexOf('/') + 1).split("\\?")[0];
        try (var connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + Running.PORT + "/postgres?user=caviar");
             var statement = connection.prepareStatement(select)) {
            statement.setString(1, database);
            try (var rows = statement.executeQuery()) {
                while (rows.next()) row.read(rows);
            }
        }
    }

    private interface Row {
        void read(ResultSet row) throws SQLException;
    }

    private static final class Running {
        private static String control = "";
        private static String data = "";
        private static String log = "";
        private static String options = "";
        static final int PORT = start();

        private static int start() {
            try {
                var programs = programs();
                if (programs == null) return 0;
                var folder = Files.createTempDirectory("caviar-postgres");
                var port = freePort();
                if (root() && run(List.of("chown", "postgres", folder.toString())) != 0) return 0;
                data = folder.resolve("data").toString();
                if (run(asUser(programs.resolve("initdb").toString(), "-D", data, "-U", "caviar", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")) != 0) return 0;
                options = "-c port=" + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c timezone=Asia/Kolkata";
                control = programs.resolve("pg_ctl").toString();
                log = folder.resolve("log").toString();
                if (serve() != 0) return 0;
                Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(folder)));
                return port;
            } catch (IOException | InterruptedException e) {
                return 0;
            }
        }

        static int serve() throws IOException, InterruptedException {
            return run(asUser(control, "-D", data, "-w", "-l", log, "-o", options, "start"));
        }

        private static void stop(Path folder) {
            try {
                run(asUser(control, "-D", data, "-w", "-m", "immediate", "stop"));
                try (var files = Files.walk(folder)) {
                    for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
                }
            } catch (IOException | InterruptedException e) {
                System.err.println("A PostgreSQL server for tests may still run: " + e);
            }
        }

        // Debian keeps the server's programs off the path.
        private static Path programs() throws IOException {
            var places = new ArrayList<Path>();
            if (Files.isDirectory(Path.of("/usr/lib/postgresql")))
                try (var versions = Files.list(Path.of("/usr/lib/postgresql"))) {
                    versions.map(version -> version.resolve("bin")).sorted(Comparator.reverseOrder()).forEach(places::add);
                }
            Stream.of(System.getenv("PATH").split(":")).map(Path::of).forEach(places::add);
            return places.stream().filter(place -> Files.isExecutable(place.resolve("initdb")) && Files.isExecutable(place.resolve("pg_ctl"))).findFirst().orElse(null);
        }

        // The server refuses to run as root.
        private static List<String> asUser(String... command) {
            var all = new ArrayList<String>();
            if (root()) all.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
            all.addAll(List.of(command));
            return all;
        }

        private static boolean root() {
            return System.getProperty("user.name").equals("root");
        }

        private static int run(List<String> command) throws IOException, InterruptedException {
            return new ProcessBuilder(command).directory(new java.io.File("/")).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        }

        private static int freePort() throws IOException {
            try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            }
        }
    }
}
