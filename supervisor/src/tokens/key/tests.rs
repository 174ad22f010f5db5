//! Where keys come from, in which order, and what is none.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn hex(byte: u8) -> String {
    Key::from_bytes([byte; 32]).text()
}

fn ids(found: &Keyring) -> Vec<String> {
    found.keys().iter().map(|key| key.id().to_owned()).collect()
}

#[test]
fn the_first_source_that_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("file"), hex(1)).unwrap();
    fs::write(path(CREDENTIAL), format!("{}\n{}\n", hex(2), hex(9))).unwrap();
    Keyring::replace(&path(FILE), vec![Key::from_bytes([4; 32])]).unwrap();
    let find = |given: &[(&str, OsString)]| {
        let of = |name: &str| given.iter().find(|(known, _)| *known == name);
        let found = Keyring::find(dir.path(), |name| of(name).map(|(_, value)| value.clone()));
        ids(&found.unwrap().unwrap())
    };
    let key = |byte: u8| Key::from_bytes([byte; 32]).id().to_owned();
    let file = (FILE_VARIABLE, path("file").into_os_string());
    let credentials = ("CREDENTIALS_DIRECTORY", dir.path().as_os_str().to_owned());
    let elsewhere = ("CREDENTIALS_DIRECTORY", OsString::from("/nowhere"));
    let variable = (VARIABLE, OsString::from(hex(3)));
    let all = [variable.clone(), credentials.clone(), file];
    assert_eq!(find(&all), [key(1)]);
    assert_eq!(find(&[variable.clone(), credentials]), [key(2), key(9)]);
    assert_eq!(find(&[variable, elsewhere.clone()]), [key(3)]);
    assert_eq!(
        find(&[elsewhere, (FILE_VARIABLE, OsString::new())]),
        [key(4)]
    );
    fs::remove_file(path(FILE)).unwrap();
    assert_eq!(Keyring::find(dir.path(), |_| None).unwrap(), None);
}

#[test]
fn what_is_no_key_is_an_error_and_not_told() {
    let dir = tempfile::tempdir().unwrap();
    let digits = hex(1);
    let cases = [
        String::new(),
        " \n".to_owned(),
        digits.chars().skip(1).collect(),
        format!("{digits}0"),
        digits.replace('0', "g"),
        format!("{digits} comment"),
        "password".to_owned(),
    ];
    for text in cases {
        let given = |name: &str| (name == VARIABLE).then(|| OsString::from(format!("{text} ")));
        let error = Keyring::find(dir.path(), given).unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits"), "{text:?}: {error}");
        assert!(
            text.trim().is_empty() || !error.contains(text.trim()),
            "{error}"
        );
    }
    let missing = |name: &str| (name == FILE_VARIABLE).then(|| OsString::from("/nowhere/key"));
    assert!(matches!(
        Keyring::find(dir.path(), missing),
        Err(KeyError::File { .. })
    ));
}

#[test]
fn our_own_key_is_made_once_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let made = Keyring::create(dir.path()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(
        ids(&Keyring::create(dir.path()).unwrap()),
        ids(&made),
        "used"
    );
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "nothing is left"
    );
    assert_eq!(
        Keyring::find(dir.path(), |_| None).unwrap(),
        Some(made.clone())
    );
    let shown = format!("{made:?}");
    assert!(!shown.contains(made.keys()[0].text().as_str()), "{shown}");

    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(
        Keyring::find(dir.path(), |_| None),
        Err(KeyError::Open(_))
    ));
}
