package dev.caviar.lab.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import org.knowm.xchart.style.markers.Marker;

/// The sign of a point. The shapes differ as well as the colours, so that the pictures are read without seeing colours.
enum Mark {
    /// A trial that ended with a value.
    DOT,
    /// One of very many trials.
    POINT,
    /// One of many trials over colours.
    SPECK,
    /// The best trial.
    STAR,
    /// A mean.
    DIAMOND,
    /// The best of several objectives.
    DIAMOND_FULL,
    /// Third best of several objectives.
    SQUARE_SMALL,
    /// A failed trial.
    CROSS,
    /// A pruned trial.
    PLUS,
    /// Beyond the lower end of the axis.
    DOWN,
    /// Beyond the upper end of the axis.
    UP,
    /// An area.
    SQUARE,
    /// Nothing, for lines.
    NONE;

    /// Draws the sign around a place.
    void draw(Graphics2D g, double x, double y, Color color) {
        g.setColor(color);
        switch (this) {
            case DOT -> filled(g, circle(x, y, 4.2), Look.BACKGROUND, 0.7f);
            case POINT -> filled(g, circle(x, y, 3.1), Look.BACKGROUND, 0.7f);
            case SPECK -> filled(g, circle(x, y, 2.1), Look.VEIL, 0.5f);
            case STAR -> filled(g, star(x, y, 9.5), Look.BACKGROUND, 1.2f);
            case DIAMOND -> hollow(g, polygon(x, y, 0, -4.6, 4.6, 0, 0, 4.6, -4.6, 0), color);
            case DIAMOND_FULL -> filled(g, polygon(x, y, 0, -6, 6, 0, 0, 6, -6, 0), Look.BACKGROUND, 0.9f);
            case SQUARE_SMALL -> filled(g, polygon(x, y, -3.6, -3.6, 3.6, -3.6, 3.6, 3.6, -3.6, 3.6), Look.BACKGROUND, 0.7f);
            case DOWN -> filled(g, polygon(x, y, -4.6, -3.2, 4.6, -3.2, 0, 4.6), Look.BACKGROUND, 0.7f);
            case UP -> filled(g, polygon(x, y, -4.6, 3.2, 4.6, 3.2, 0, -4.6), Look.BACKGROUND, 0.7f);
            case CROSS -> {
                line(g, x - 3.4, y - 3.4, x + 3.4, y + 3.4, 1.8f);
                line(g, x - 3.4, y + 3.4, x + 3.4, y - 3.4, 1.8f);
            }
            case PLUS -> {
                line(g, x - 4, y, x + 4, y, 1.8f);
                line(g, x, y - 4, x, y + 4, 1.8f);
            }
            case SQUARE -> g.fill(polygon(x, y, -9, -5, 9, -5, 9, 5, -9, 5));
            case NONE -> { }
        }
    }

    /// The same for the plotting library.
    Marker marker() {
        return new Marker() {
            @Override
            public void paint(Graphics2D g, double x, double y, int size) {
                draw(g, x, y, g.getColor());
            }
        };
    }

    private static void filled(Graphics2D g, Shape shape, Color edge, float width) {
        g.fill(shape);
        g.setStroke(new BasicStroke(width));
        g.setColor(edge);
        g.draw(shape);
    }

    private static void hollow(Graphics2D g, Shape shape, Color edge) {
        g.setColor(Look.BACKGROUND);
        g.fill(shape);
        g.setColor(edge);
        g.setStroke(new BasicStroke(1.4f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        g.draw(shape);
    }

    private static void line(Graphics2D g, double x0, double y0, double x1, double y1, float width) {
        g.setStroke(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        g.draw(new java.awt.geom.Line2D.Double(x0, y0, x1, y1));
    }

    private static Shape circle(double x, double y, double radius) {
        return new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
    }

    private static Shape polygon(double x, double y, double... corners) {
        var path = new Path2D.Double();
        for (var i = 0; i < corners.length; i += 2) {
            if (i == 0) path.moveTo(x + corners[0], y + corners[1]);
            else path.lineTo(x + corners[i], y + corners[i + 1]);
        }
        path.closePath();
        return path;
    }

    private static Shape star(double x, double y, double radius) {
        var corners = new double[20];
        for (var i = 0; i < 10; i++) {
            var r = i % 2 == 0 ? radius : radius * 0.45;
            corners[2 * i] = r * Math.sin(Math.PI * i / 5);
            corners[2 * i + 1] = -r * Math.cos(Math.PI * i / 5);
        }
        return polygon(x, y, corners);
    }
}
