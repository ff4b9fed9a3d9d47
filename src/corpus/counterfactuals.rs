//! Texts in which nothing changes but who they are about.

use serde::Deserialize;

/// Frames, each to be filled with each identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterfactuals {
    /// Who a text may be about.
    pub identities: Vec<Identity>,
    /// Texts with `{one}` and `{many}` in the place of words for somebody.
    pub frames: Vec<String>,
}

/// Words for somebody and for a number of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// In the place of `{one}`: "Syrian".
    pub one: String,
    /// In the place of `{many}`: "Syrians".
    pub many: String,
}

impl Counterfactuals {
    /// Reads them from TOML; otherwise gives the line, where it is known, and what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, (Option<usize>, String)> {
        let read: Counterfactuals = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| super::encoding::line_of(text, span.start));
            (line, error.message().trim().to_owned())
        })?;
        if read.identities.len() < 2 {
            return Err((None, "there are fewer than two identities, so that nothing changes from one to the next: add some".to_owned()));
        }
        match read.frames.iter().find(|frame| !frame.contains("{one}") && !frame.contains("{many}")) {
            Some(frame) => Err((None, format!("neither {{one}} nor {{many}} is in the frame {frame:?}: say where the identity goes"))),
            None => Ok(read),
        }
    }

    /// A frame filled with each identity.
    pub fn fill(&self, frame: &str) -> impl Iterator<Item = String> {
        self.identities.iter().map(move |identity| frame.replace("{one}", &identity.one).replace("{many}", &identity.many))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITIES: &str = "identities = [{ one = \"Syrian\", many = \"Syrians\" }, { one = \"male\", many = \"men\" }]\n";

    #[test]
    fn a_frame_is_filled_with_each_identity() {
        let read = Counterfactuals::parse(&format!("{IDENTITIES}frames = [\"The {{one}} cook met {{many}}.\"]")).unwrap();
        let filled: Vec<String> = read.fill(&read.frames[0]).collect();
        assert_eq!(filled, ["The Syrian cook met Syrians.", "The male cook met men."]);
    }

    #[test]
    fn what_can_not_show_a_difference_is_refused() {
        let said = |text: &str| Counterfactuals::parse(text).unwrap_err();
        assert!(said(&format!("{IDENTITIES}frames = [\"The cook left.\"]")).1.contains("The cook left."));
        assert!(said("identities = []\nframes = []").1.contains("fewer than two"));
        assert_eq!(said("identities = []\nframes = [3]").0, Some(2));
    }
}
