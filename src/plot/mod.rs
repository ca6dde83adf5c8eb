//! Pictures: heat maps, plane slices of 3D fields, line plots, stacked bars and timelines, as PNG or SVG.
//!
//! Owns everything between an array in memory and a picture on disk: colour maps, ticks, prefixes of units, the layout,
//! and the only code that names plotters. It knows no file format other than pictures, no grid, no physics: a caller
//! hands in arrays, ranges and words.
//!
//! A figure first becomes a `scene::Scene`, a list of lines, texts and images in pixels, which `paint` then hands to
//! a backend of plotters. So the layout is tested without a picture, and PNG and SVG show the same.
//!
//! Start reading with [`HeatMap`], then `panel`, which lays a plane out with its axes.

mod axis;
mod bars;
mod color_bar;
mod color_scale;
mod colormap;
mod figure;
mod heat_map;
mod legend;
mod lines;
mod material_map;
mod paint;
mod panel;
mod resample;
mod scale;
mod scene;
mod slices;
mod text;
mod ticks;
mod timeline;
mod units;

pub use axis::AxisRange;
pub use bars::{Bar, BarPlot};
pub use color_scale::ColorScale;
pub use colormap::Colormap;
pub use heat_map::HeatMap;
pub use lines::{LinePanel, LinePlot, Series};
pub use material_map::{Mark, MarkKind, MaterialMap, MaterialPlane};
pub use slices::{Plane, Slices, central_planes, planes_through};
pub use timeline::{Block, Timeline, TimelineMark, TimelineRow};
pub use units::quantity;
