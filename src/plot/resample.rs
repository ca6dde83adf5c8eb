//! From cells to pixels: the mean over a pixel's area where cells are smaller than pixels, else the nearest cell.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis, Zip};

/// `values` on `rows` by `columns` pixels, in the same orientation. Both arrays hold at least one number. A pixel that
/// touches a value that is not finite is not finite, so that a single such cell shows however large the field is.
pub fn resample(values: ArrayView2<f64>, rows: usize, columns: usize) -> Array2<f64> {
    let mut narrowed = Array2::zeros((values.nrows(), columns));
    Zip::from(values.rows())
        .and(narrowed.rows_mut())
        .for_each(resample_lane);
    let mut pixels = Array2::zeros((rows, columns));
    Zip::from(narrowed.lanes(Axis(0)))
        .and(pixels.lanes_mut(Axis(0)))
        .for_each(resample_lane);
    pixels
}

fn resample_lane(cells: ArrayView1<f64>, mut pixels: ArrayViewMut1<f64>) {
    let (n_cells, n_pixels) = (cells.len(), pixels.len());
    if n_cells > n_pixels {
        return average_lane(cells, pixels);
    }
    for (p, pixel) in pixels.iter_mut().enumerate() {
        *pixel = cells[(2 * p + 1) * n_cells / (2 * n_pixels)];
    }
}

/// In units of `1 / (n_cells * n_pixels)` of the length a cell is `n_pixels` long and a pixel `n_cells`, so that the
/// overlaps are exact integers.
fn average_lane(cells: ArrayView1<f64>, mut pixels: ArrayViewMut1<f64>) {
    let (n_cells, n_pixels) = (cells.len(), pixels.len());
    for (i, value) in cells.iter().enumerate() {
        let (start, end) = (i * n_pixels, (i + 1) * n_pixels);
        let pixel = start / n_cells;
        let inside = end.min((pixel + 1) * n_cells) - start;
        pixels[pixel] += value * (inside as f64 / n_cells as f64);
        if inside < n_pixels {
            pixels[pixel + 1] += value * ((n_pixels - inside) as f64 / n_cells as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn fewer_cells_than_pixels_are_repeated() {
        let pixels = resample(array![[1.0, 2.0], [3.0, 4.0]].view(), 4, 6);
        assert_eq!(pixels.row(1).to_vec(), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        assert_eq!(pixels.column(5).to_vec(), [2.0, 2.0, 4.0, 4.0]);
        assert_eq!(resample(array![[7.0]].view(), 2, 3), Array2::from_elem((2, 3), 7.0));
    }

    #[test]
    fn more_cells_than_pixels_are_averaged_by_area() {
        assert_eq!(resample(array![[1.0, 3.0, 5.0, 7.0]].view(), 1, 2), array![[2.0, 6.0]]);
        let uneven = resample(array![[3.0, 6.0, 9.0]].view(), 1, 2);
        assert!((uneven[[0, 0]] - 4.0).abs() < 1e-12 && (uneven[[0, 1]] - 8.0).abs() < 1e-12);
    }

    #[test]
    fn the_mean_of_a_field_survives() {
        let field = Array2::from_shape_fn((37, 23), |(j, i)| (j * 5 + i * i) as f64);
        let pixels = resample(field.view(), 7, 11);
        // Sums of 851 numbers below 700: rounding stays far below 1e-10.
        assert!((pixels.mean().unwrap() - field.mean().unwrap()).abs() < 1e-10);
    }

    #[test]
    fn one_bad_cell_among_many_shows_and_stays_alone() {
        let mut field = Array2::ones((400, 400));
        field[[123, 321]] = f64::INFINITY;
        let pixels = resample(field.view(), 40, 40);
        assert!(!pixels[[12, 32]].is_finite());
        assert_eq!(pixels.iter().filter(|v| !v.is_finite()).count(), 1);
    }
}
