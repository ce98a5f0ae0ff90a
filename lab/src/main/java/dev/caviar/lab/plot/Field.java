package dev.caviar.lab.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;

/// The area of a plot, seen as a grid of places from corner to corner, in which surfaces are measured and painted.
record Field(Plot plot) {
    /// Places across and up.
    static final int SIDE = 240;

    interface Paint {
        Color at(double column, double row);
    }

    /// The value of the horizontal axis, where that is linear, in a column.
    double x(int column) {
        return value(plot.x, column);
    }

    /// The value of the vertical axis, where that is linear, in a row.
    double y(int row) {
        return value(plot.y, row);
    }

    private static double value(Axis axis, int place) {
        return (axis.range().low() + axis.range().span() * place / (SIDE - 1)) * axis.step();
    }

    Grid grid(Grid.Surface surface) {
        return Grid.of(SIDE, SIDE, surface);
    }

    /// Paints each pixel by its place in columns and rows.
    void fill(Graphics2D g, Paint paint) {
        var low = corner(plot.x.range().low(), plot.y.range().low());
        var high = corner(plot.x.range().high(), plot.y.range().high());
        double width = high.getX() - low.getX(), height = low.getY() - high.getY();
        var image = new BufferedImage((int) Math.ceil(Figure.SCALE * width), (int) Math.ceil(Figure.SCALE * height), BufferedImage.TYPE_INT_RGB);
        for (int r = 0; r < image.getHeight(); r++) {
            for (int c = 0; c < image.getWidth(); c++) {
                double column = (c + 0.5) / image.getWidth(), row = 1 - (r + 0.5) / image.getHeight();
                image.setRGB(c, r, paint.at(column * (SIDE - 1), row * (SIDE - 1)).getRGB());
            }
        }
        var place = AffineTransform.getTranslateInstance(low.getX(), high.getY());
        place.scale(width / image.getWidth(), height / image.getHeight());
        g.drawImage(image, place, null);
        g.setColor(Look.FRAME);
        g.setStroke(Look.FINE);
        g.draw(new Rectangle2D.Double(low.getX(), high.getY(), width, height));
    }

    private Point2D corner(double across, double up) {
        return new Point2D.Double(plot.across(across), plot.down(up));
    }

    /// Draws a line that is given in columns and rows.
    void line(Graphics2D g, Path2D line, Color color, BasicStroke stroke) {
        var low = corner(plot.x.range().low(), plot.y.range().low());
        var high = corner(plot.x.range().high(), plot.y.range().high());
        var place = AffineTransform.getTranslateInstance(low.getX(), low.getY());
        place.scale((high.getX() - low.getX()) / (SIDE - 1), (high.getY() - low.getY()) / (SIDE - 1));
        g.setColor(color);
        g.setStroke(stroke);
        g.draw(line.createTransformedShape(place));
    }
}
