//! Words that end in a period of their own.
//!
//! What a period after one of them means differs by kind, and that is how the lists are divided. Most are matched only with a
//! capital, since "sat", "art", "fig", "mass" and "sun" are words too.

/// What the word before a period says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Stands before what it belongs to, so that no sentence ends here: "Mr.", "Lt.", "e.g."
    Leading,
    /// Stands before a number ("No. 10", "Sept. 3"); elsewhere it may end a sentence.
    BeforeNumber,
    /// A time of day ("9 a.m."), which a weekday or a time zone may follow.
    TimeOfDay,
    /// May stand anywhere, at the end too: "U.S.", "Inc.", "Calif.", an initial.
    Anywhere,
    /// Not an abbreviation that is known.
    Word,
}

/// Titles, and others that lead. Matched with a capital or all in capitals.
const LEADING: &[&str] = &[
    "adm", "amb", "asst", "atty", "brig", "capt", "cmdr", "col", "comdr", "cpl", "cpt", "dep", "det", "dr", "drs", "fr", "ft", "gen",
    "gov", "govs", "hon", "insp", "lt", "maj", "messrs", "mlle", "mme", "mr", "mrs", "ms", "msgr", "mt", "ofc", "pfc", "pres", "prof",
    "profs", "pvt", "rep", "reps", "rev", "sen", "sens", "sgt", "spc", "supt",
];

/// Latin and other small words that lead. Matched in any case.
const LEADING_SMALL: &[&str] = &["approx", "ca", "cf", "e.g", "eg", "i.e", "ie", "incl", "viz", "vs"];

/// Stand before a number. Matched with a capital.
const BEFORE_NUMBER: &[&str] = &[
    "apr", "art", "aug", "ch", "dec", "feb", "fig", "figs", "fri", "jan", "jul", "jun", "mar", "mon", "no", "nos", "nov", "oct", "para",
    "sat", "sec", "sep", "sept", "sun", "tel", "thu", "thur", "thurs", "tue", "tues", "vol", "wed",
];

/// Stand before a number. Matched in any case: "p. 12", "pp. 3-4".
const BEFORE_NUMBER_SMALL: &[&str] = &["no", "nos", "p", "pp"];

/// Companies, streets, degrees, generations, and the states as the Associated Press shortens them. Matched with a capital.
const ANYWHERE: &[&str] = &[
    "ala", "ariz", "ark", "assn", "ave", "bhd", "blvd", "bros", "calif", "cie", "co", "colo", "conn", "corp", "cos", "del", "dept", "dist",
    "esq", "fla", "ga", "inc", "ind", "intl", "jr", "kan", "ky", "la", "ltd", "mass", "md", "mfg", "mich", "minn", "miss", "mo", "mont",
    "mts", "neb", "nev", "okla", "ore", "pa", "ph.d", "phd", "plc", "pty", "rd", "sq", "sr", "st", "ste", "tenn", "tex", "univ", "va",
    "vt", "wash", "wis", "wyo",
];

/// The longest entry, in bytes: a longer word is no abbreviation, unless it is made of single letters.
const LONGEST: usize = 6;

/// What kind of abbreviation `word` is, which stands before a period (and comes without it).
pub fn kind(word: &str) -> Kind {
    if is_single_letters(word) {
        return match word {
            "a.m" | "p.m" | "A.M" | "P.M" => Kind::TimeOfDay,
            "e.g" | "i.e" | "E.g" | "I.e" => Kind::Leading,
            "p" => Kind::BeforeNumber,
            // A single small letter is a variable or a grade, and no initial.
            _ if word.len() == 1 && word.starts_with(char::is_lowercase) => Kind::Word,
            _ => Kind::Anywhere,
        };
    }
    if word.len() > LONGEST {
        return Kind::Word;
    }
    let lower = word.to_ascii_lowercase();
    let lower = lower.as_str();
    let has_capital = word.starts_with(|c: char| c.is_ascii_uppercase());
    if LEADING_SMALL.contains(&lower) || has_capital && LEADING.contains(&lower) {
        Kind::Leading
    } else if BEFORE_NUMBER_SMALL.contains(&lower) || has_capital && BEFORE_NUMBER.contains(&lower) {
        Kind::BeforeNumber
    } else if has_capital && ANYWHERE.contains(&lower) {
        Kind::Anywhere
    } else if matches!(lower, "am" | "pm") && !has_capital {
        Kind::TimeOfDay
    } else {
        Kind::Word
    }
}

/// "U.S", "a.m", "J", "J.K": single letters with periods between them.
fn is_single_letters(word: &str) -> bool {
    !word.is_empty()
        && word.split('.').all(|letter| {
            let mut chars = letter.chars();
            chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_look_like_abbreviations_count_only_with_a_capital() {
        assert_eq!(kind("Mass"), Kind::Anywhere);
        assert_eq!(kind("mass"), Kind::Word);
        assert_eq!(kind("Sat"), Kind::BeforeNumber);
        assert_eq!(kind("sat"), Kind::Word);
        assert_eq!(kind("GEN"), Kind::Leading);
        assert_eq!(kind("gen"), Kind::Word);
    }

    #[test]
    fn single_letters_are_initials_or_acronyms_of_any_length() {
        for word in ["J", "É", "J.K", "U.S", "U.S.S.R", "N.A.T.O.X.Y.Z"] {
            assert_eq!(kind(word), Kind::Anywhere, "{word}");
        }
        assert_eq!(kind("x"), Kind::Word);
        assert_eq!(kind(""), Kind::Word);
        assert_eq!(kind("bbc.co"), Kind::Word);
    }

    #[test]
    fn no_list_repeats_a_word_of_another() {
        let lists = [LEADING, LEADING_SMALL, BEFORE_NUMBER, ANYWHERE];
        let mut all: Vec<&str> = lists.concat();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(all.iter().all(|word| word.len() <= LONGEST));
    }
}
