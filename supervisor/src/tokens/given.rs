//! The tokens that one attempt was given, and which run has which.

use shared::id::RunNo;
use shared::secret::Secret;

use super::file;

/// The tokens that one attempt was given, and which run has which.
#[derive(Debug)]
pub struct Given {
    /// Each once, the newest last; never empty.
    tokens: Vec<Secret>,
    /// The position of each run's token.
    of_runs: Vec<usize>,
}

impl Given {
    /// The token with which all `runs` of an attempt begin.
    pub fn new(token: Secret, runs: usize) -> Self {
        Self {
            tokens: vec![token],
            of_runs: vec![0; runs],
        }
    }

    /// The token with which all runs begin.
    pub fn first(&self) -> Option<Secret> {
        self.tokens.first().cloned()
    }

    /// Every token that was given.
    pub fn all(&self) -> &[Secret] {
        &self.tokens
    }

    /// The token that the run has now.
    pub fn of(&self, run: RunNo) -> Option<&Secret> {
        self.tokens.get(*self.of_runs.get(run.index())?)
    }

    /// Takes note of the token that there is for the run; `None` if the run has that one already.
    ///
    /// Two runs may be refused the same token at the same time: each gets the fresher one.
    pub fn fresher(&mut self, run: RunNo, token: Secret) -> Option<Secret> {
        let known = self.tokens.iter().position(|given| *given == token);
        let own = self.of_runs.get_mut(run.index())?;
        if known == Some(*own) {
            return None;
        }
        *own = known.unwrap_or(self.tokens.len());
        if known.is_none() {
            self.tokens.push(token.clone());
        }
        Some(token)
    }

    /// The newest token that one of these runs has; `None` without runs.
    pub fn newest(&self, runs: impl Iterator<Item = RunNo>) -> Option<&Secret> {
        let newest = runs.filter_map(|run| self.of_runs.get(run.index())).max()?;
        self.tokens.get(*newest)
    }
}

/// The mark of a token, as of its file: a hash.
pub fn mark(token: &Secret) -> String {
    file::mark_of(token.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_gets_what_it_does_not_have() {
        let (one, two, run_of_no_attempt) = (RunNo(0), RunNo(1), RunNo(2));
        let token = |text: &str| Secret::new(text.to_owned());
        let (a, b) = (token("v^1.1#a"), token("v^1.1#b"));
        let mut given = Given::new(a.clone(), 2);
        assert_eq!(given.first(), Some(a.clone()));
        assert_eq!(given.fresher(one, a.clone()), None, "nothing is new");
        assert_eq!(given.newest([one].into_iter()), Some(&a));

        assert_eq!(given.fresher(one, b.clone()), Some(b.clone()));
        assert_eq!(given.fresher(one, b.clone()), None, "it has that");
        let refused_to_two = given.newest([two].into_iter());
        assert_eq!(refused_to_two, Some(&a), "the other has the old one");
        assert_eq!(given.newest([one, two].into_iter()), Some(&b));
        assert_eq!((given.of(one), given.of(two)), (Some(&b), Some(&a)));
        assert_eq!(given.fresher(two, b.clone()), Some(b));
        assert_eq!(given.fresher(run_of_no_attempt, a.clone()), None);
        assert_eq!(given.newest(std::iter::empty()), None);
        assert_eq!(given.fresher(one, a.clone()), Some(a), "again");
        assert_eq!(given.all().len(), 2);
    }
}
