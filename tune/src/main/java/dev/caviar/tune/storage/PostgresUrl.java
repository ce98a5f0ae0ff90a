package dev.caviar.tune.storage;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A PostgreSQL URL in SQLAlchemy's form, taken apart: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`.
///
/// @param options for the driver, by the driver's names
/// @param zone    the time zone of the session: the server's clock is asked when a trial last beat, and Optuna's workers ask it too
/// @param timeout how many seconds another's lock, or a server that is away, is waited for
record PostgresUrl(String host, int port, String database, String user, @Nullable String password, Map<String, String> options, String zone, int timeout) {
    private static final int PORT = 5432;
    private static final int SECONDS = 60;
    // libpq's names, which SQLAlchemy passes on, and the driver's.
    private static final Map<String, String> OPTIONS = Map.of("sslmode", "sslmode", "sslrootcert", "sslrootcert", "sslcert", "sslcert", "sslkey", "sslkey",
            "connect_timeout", "connectTimeout", "application_name", "ApplicationName", "options", "options");

    static boolean matches(String url) {
        return url.matches("postgres(ql)?(\\+[a-z0-9_]+)?://.*");
    }

    static PostgresUrl parse(String url) {
        try {
            var uri = new URI("postgresql" + url.substring(url.indexOf("://")));
            var place = uri.getHost();
            if (place == null || uri.getFragment() != null) throw wrong(url, "there is no host in it");
            var user = uri.getRawUserInfo() == null ? System.getProperty("user.name") : decoded(uri.getRawUserInfo().split(":", 2)[0]);
            var password = uri.getRawUserInfo() != null && uri.getRawUserInfo().contains(":") ? decoded(uri.getRawUserInfo().split(":", 2)[1]) : null;
            var path = uri.getPath() == null ? "" : uri.getPath();
            var database = path.length() > 1 ? path.substring(1) : user;
            var options = new LinkedHashMap<String, String>();
            var zone = "UTC";
            var timeout = SECONDS;
            for (var pair : uri.getRawQuery() == null ? new String[0] : uri.getRawQuery().split("&")) {
                var parts = pair.split("=", 2);
                var value = parts.length == 2 ? decoded(parts[1]) : "";
                if (parts[0].equals("timezone")) zone = zone(url, value);
                else if (parts[0].equals("timeout")) timeout = seconds(url, value);
                else if (OPTIONS.get(parts[0]) instanceof String name) options.put(name, value);
                else throw wrong(url, "the option \"" + parts[0] + "\" is not known; there are timezone, timeout, " + String.join(", ", OPTIONS.keySet().stream().sorted().toList()));
            }
            return new PostgresUrl(place.startsWith("[") ? place.substring(1, place.length() - 1) : place, uri.getPort() < 0 ? PORT : uri.getPort(),
                    database, user, password, options, zone, timeout);
        } catch (URISyntaxException e) {
            throw wrong(url, e.getReason());
        }
    }

    // It becomes part of the first command of each connection, which takes no parameters.
    private static String zone(String url, String zone) {
        if (!zone.matches("[A-Za-z0-9_+/:.-]{1,64}")) throw wrong(url, "\"" + zone + "\" is no time zone");
        return zone;
    }

    private static int seconds(String url, String text) {
        if (!text.matches("[0-9]{1,5}")) throw wrong(url, "timeout=\"" + text + "\" is no number of seconds");
        return Integer.parseInt(text);
    }

    String jdbc() {
        return "jdbc:postgresql://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port + "/"
                + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /// Without the password.
    @Override
    public String toString() {
        return "postgresql://" + user + "@" + host + ":" + port + "/" + database;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static StorageException wrong(String url, String why) {
        return new StorageException("\"" + url.replaceAll(":[^:@/]*@", ":***@") + "\" is no URL of a PostgreSQL database: " + why
                + ".\nMaybe postgresql://USER:PASSWORD@HOST:5432/DATABASE was meant; other characters than letters and digits are written %40 and so on.");
    }
}
