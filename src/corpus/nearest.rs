//! The known names that somebody may have meant by an unknown one.

/// Up to three of `known` that are like `name`, the likest first: a few letters off, or with the same last part of the path.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let name: String = name.trim().to_lowercase().chars().take(64).map(|c| if c == ' ' { '_' } else { c }).collect();
    let mut found: Vec<(usize, &str)> = known
        .filter_map(|candidate| {
            let last = candidate.rsplit('/').next().unwrap_or(candidate);
            let part_of_path =
                name.len() >= 3 && (candidate.split(['/', '_', '-']).any(|part| part == name) || name.rsplit('/').next() == Some(last));
            let edits = distance(&name, candidate).min(distance(&name, last));
            let allowed = 1 + candidate.len().min(name.len()) / 4;
            (part_of_path || edits <= allowed).then_some((if part_of_path { edits.min(1) } else { edits }, candidate))
        })
        .collect();
    found.sort();
    found.into_iter().take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// A sentence for an error message: which names may be meant, or where all of them are.
pub(super) fn suggestion(names: &[String]) -> String {
    match names {
        [] => "see taxonomy.toml for the names there are".to_owned(),
        names => format!("did you mean {}?", names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" or ")),
    }
}

/// Levenshtein's distance (1966): how many letters to insert, delete or replace. One row of the usual table at a time.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = ["economy_business_finance", "environment", "society", "society/migration", "sport"];

    fn near(name: &str) -> Vec<String> {
        nearest(name, KNOWN.into_iter())
    }

    #[test]
    fn finds_names_that_are_a_few_letters_off() {
        assert_eq!(near("enviroment"), ["environment"]);
        assert_eq!(near("Sports"), ["sport"]);
    }

    #[test]
    fn finds_a_label_by_a_part_of_its_path() {
        assert_eq!(near("migration"), ["society/migration"]);
        assert_eq!(near("economy"), ["economy_business_finance"]);
        assert_eq!(near("people/migration"), ["society/migration"]);
    }

    #[test]
    fn says_nothing_rather_than_something_far_off() {
        assert!(near("weather").is_empty());
        assert!(near("").is_empty());
        assert_eq!(suggestion(&near("weather")), "see taxonomy.toml for the names there are");
    }

    #[test]
    fn distances_are_levenshteins() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
