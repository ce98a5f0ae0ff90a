package dev.caviar.lab.plot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Panels beside and below each other, with one legend for all, as a PNG file.
///
/// ```java
/// static Path draw(Path folder) throws IOException {
///     var bowl = Contours.of("a bowl", (x, y) -> x * x + y * y, -1, 1, -1, 1);
///     var valley = Contours.of("a valley", (x, y) -> x * x / 20 + y * y, -1, 1, -1, 1);
///     return Sheet.of(bowl, valley).withHeadline("Where steps are easy, and where they are not").write(folder.resolve("bowls.png"));
/// }
/// ```
///
/// @param headline what stands above all, empty for nothing
/// @param panels   one or more, in the order of reading
/// @param columns  how many stand in one row
/// @param width    of one panel, in units of which a picture has two pixels each; 200 or more
/// @param height   of one panel; 160 or more
public record Sheet(String headline, List<Panel> panels, int columns, int width, int height) {
    private static final int WIDE = 1140;

    public Sheet {
        panels = List.copyOf(panels);
        if (panels.isEmpty() || columns < 1 || width < 200 || height < 160) {
            throw new IllegalArgumentException("Sheet: " + panels.size() + " panels in " + columns + " columns of " + width + " by " + height
                    + "; one panel, one column, 200 by 160 or more are drawn.\nMaybe widths were given in columns.");
        }
    }

    /// The panels in one row, or in rows of three or four where there are more, as squares.
    public static Sheet of(Panel... panels) {
        return of(List.of(panels));
    }

    /// The same of a list.
    public static Sheet of(List<? extends Panel> panels) {
        int n = panels.size();
        return new Sheet("", List.copyOf(panels), 1, 200, 200).withColumns(n <= 3 ? Math.max(1, n) : n % 3 == 0 ? 3 : n % 4 == 0 ? 4 : n > 5 ? 4 : 3);
    }

    /// The same under a headline.
    public Sheet withHeadline(String headline) {
        return new Sheet(headline, panels, columns, width, height);
    }

    /// The same with so many squares in a row, together about as wide as a page.
    public Sheet withColumns(int columns) {
        int side = Math.clamp(WIDE / columns, 240, 480);
        return new Sheet(headline, panels, columns, side, side);
    }

    /// The same with panels of another size, labels included.
    public Sheet withSize(int width, int height) {
        return new Sheet(headline, panels, columns, width, height);
    }

    /// Writes it; throws [IOException] where that is not possible, and [PictureException] where this machine cannot draw text.
    public Path write(Path file) throws IOException {
        var absolute = file.toAbsolutePath();
        return Pictures.save(absolute.getParent(), absolute.getFileName().toString(), () -> {
            var rows = new ArrayList<List<Plot>>();
            for (int i = 0; i < panels.size(); i += columns) {
                rows.add(panels.subList(i, Math.min(panels.size(), i + columns)).stream().map(Sheet::plot).toList());
            }
            return new Figure(headline, rows, Collections.nCopies(rows.size(), new Plot.Size(width, height))).image();
        });
    }

    private static Plot plot(Panel panel) {
        return switch (panel) {
            case Chart chart -> chart.plot();
            case Contours contours -> contours.plot();
            case Regions regions -> regions.plot();
        };
    }
}
