//! Pictures, compared by what is seen: fonts and browsers differ in single pixels, not in squares of them.

use std::path::Path;

/// How wide a square is, in pixels.
const SQUARE: usize = 20;
/// By how much the mean of a square may differ, of 255.
const TOLERANCE: u32 = 20;

/// What a screen shows, three bytes a pixel.
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    pub fn read(path: &Path) -> Self {
        let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut decoder = png::Decoder::new(std::io::BufReader::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().expect("a PNG");
        let mut bytes = vec![0; reader.output_buffer_size().expect("its size")];
        let frame = reader.next_frame(&mut bytes).expect("its pixels");
        let samples = frame.color_type.samples();
        let pixels =
            bytes[..frame.buffer_size()].chunks(samples).flat_map(|pixel| [pixel[0], pixel[1 % samples], pixel[2 % samples]]);
        Self { width: frame.width as usize, height: frame.height as usize, pixels: pixels.collect() }
    }

    /// As much of it, from the top.
    pub fn top(mut self, height: u32) -> Self {
        self.height = height as usize;
        self.pixels.truncate(self.width * self.height * 3);
        self
    }

    pub fn write(&self, path: &Path) {
        let file = std::fs::File::create(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut encoder = png::Encoder::new(file, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&self.pixels).expect("its pixels");
    }

    /// The squares that differ, by column and row.
    pub fn differences(&self, other: &Self) -> Vec<(usize, usize)> {
        assert_eq!((self.width, self.height), (other.width, other.height), "pictures of one size");
        let mut differences = Vec::new();
        for row in 0..self.height.div_ceil(SQUARE) {
            for column in 0..self.width.div_ceil(SQUARE) {
                let (mine, others) = (self.mean(column, row), other.mean(column, row));
                if mine.iter().zip(others).any(|(a, b)| a.abs_diff(b) > TOLERANCE) {
                    differences.push((column, row));
                }
            }
        }
        differences
    }

    fn mean(&self, column: usize, row: usize) -> [u32; 3] {
        let (left, top) = (column * SQUARE, row * SQUARE);
        let (right, bottom) = ((left + SQUARE).min(self.width), (top + SQUARE).min(self.height));
        let mut sums = [0_u32; 3];
        for y in top..bottom {
            for x in left..right {
                let at = (y * self.width + x) * 3;
                sums.iter_mut().zip(&self.pixels[at..at + 3]).for_each(|(sum, value)| *sum += u32::from(*value));
            }
        }
        let count = ((right - left) * (bottom - top)) as u32;
        sums.map(|sum| sum / count)
    }
}
