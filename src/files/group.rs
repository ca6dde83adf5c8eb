//! Groups that do not keep the time at which they were made: files of equal content are equal bytes. Datasets keep none
//! unless they are asked to.

/// Creates the group `path` below `parent`, with the groups on the way that are not there yet.
pub(super) fn create_group(parent: &hdf5::Group, path: &str) -> hdf5::Result<hdf5::Group> {
    let mut group = parent.clone();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        // The library would make groups on the way with their times.
        group = match group.link_exists(name) {
            true => group.group(name)?,
            false => {
                let builder = group.create_group_builder();
                builder.with_gcpl(|group| group.obj_track_times(false)).create(name)?
            }
        };
    }
    Ok(group)
}
