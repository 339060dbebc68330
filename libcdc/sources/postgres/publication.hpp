#pragma once

#include <string>
#include <vector>

#include "libcdc/change/selection.hpp"
#include "libcdc/sources/postgres/connection.hpp"

namespace cdc::postgres {

/// A table as a publication lists it.
struct PublishedTable {
  std::string schema;
  std::string name;
};

/// The publications of `names` that exist and the tables that they publish; throws state for one
/// that is missing (the server would say so only at the first change, or from 18 on skip silently).
std::vector<PublishedTable> published_tables(Connection& connection,
                                             const std::vector<std::string>& names);

/// Checks that every table that the user asks for by its full name, and at least one for every
/// glob, is published, and none with two column lists. Throws refused, saying what would mend it;
/// state for a missing publication. Warns where no table at all is published.
void check_coverage(Connection& connection, const std::vector<std::string>& publications,
                    const Selection& selection, const Log& log);

/// The publication to use where the user names none: the only one that exists, or the only one that
/// has the wanted tables. Throws usage, listing what there is and the statement that makes one.
std::string choose_publication(Connection& connection, const Selection& selection);

/// Makes publication `name` for the tables that `selection.tables` match; never FOR ALL TABLES,
/// which would make UPDATE and DELETE fail on tables without a replica identity. One that exists
/// stays as it is: false. Throws usage where no table matches, refused where one of them, of their
/// partitions or of their children has no replica identity.
bool create_publication(Connection& connection, const std::string& name, const Selection& selection,
                        const Log& log);

/// Drops it where it exists.
void drop_publication(Connection& connection, const std::string& name);

}  // namespace cdc::postgres
