//! The cell-centred fields of a snapshot as a VTKHDF image, for ParaView and VisIt.
//!
//! The values of the cells stand as points on the grid of the cells' centres, and are links to the data: every
//! generation of VTK that reads this format reads it so.

use super::group::create_group;
use super::openpmd::{meshes_group, write_list};
use super::snapshot_head::{FieldHead, SnapshotHead};
use super::text_attribute::write_text;
use crate::grid::Location;

/// Writes `/VTKHDF` with a link for each of `fields` that has a value in every cell's centre.
pub(super) fn write(file: &hdf5::File, head: &SnapshotHead, fields: &[FieldHead]) -> hdf5::Result<()> {
    let grid = &head.grid;
    let is_shown = |field: &&FieldHead| field.location == Location::CENTER && field.global_box == grid.all();
    let shown: Vec<&FieldHead> = fields.iter().filter(is_shown).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let group = create_group(file, "VTKHDF")?;
    let last = grid.cells.map(|n| n as i64 - 1);
    write_list(&group, "Version", &[1i64, 0])?;
    write_text(&group, "Type", "ImageData")?;
    write_list(&group, "WholeExtent", &[0, last[0], 0, last[1], 0, last[2]])?;
    write_list(&group, "Origin", &grid.point(Location::CENTER, [0; 3]))?;
    write_list(&group, "Spacing", &grid.spacing)?;
    write_list(&group, "Direction", &[1.0f64, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])?;
    create_group(&group, "PointData")?;
    for field in shown {
        let source = format!("{}/{}", meshes_group(head.step), field.name);
        file.link_hard(&source, &format!("/VTKHDF/PointData/{}", field.name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::write_snapshot;

    #[test]
    fn only_fields_at_cell_centres_are_shown_and_are_links_to_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        write_snapshot(&path, [7, 5, 1], 2);
        let file = hdf5::File::open(&path).unwrap();
        assert_eq!(file.group("VTKHDF/PointData").unwrap().member_names().unwrap(), ["so2"]);
        let token = |name: &str| file.dataset(name).unwrap().loc_info().unwrap().token;
        assert_eq!(token("VTKHDF/PointData/so2"), token("data/120/meshes/so2"));
        let extent = file.group("VTKHDF").unwrap().attr("WholeExtent").unwrap();
        assert_eq!(extent.read_raw::<i64>().unwrap(), [0, 6, 0, 4, 0, 0]);
    }
}
