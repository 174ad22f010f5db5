//! What the command line has on accounts, their workers, their tokens, and what was asked of a service.

use std::path::PathBuf;

use clap::Subcommand;
use shared::worker::Worker;

use super::worker;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AccountCommand {
    /// Add an account.
    Add(NewAccount),
    /// All accounts.
    List,
    /// Add the accounts of a file, CSV with a head line or a JSON array: all or none of them.
    ///
    /// Columns: name, environment, marketplace, workers, and one of `token_file`, `refresh_token`,
    /// `ebay_account` (of the web app).
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Give an account other tokens, or have its seller consent again.
    SetToken(SetToken),
    /// Have a running service run every worker of an account now.
    Run {
        /// The account's name.
        name: String,
    },
    /// Sync an account again.
    Enable {
        /// The account's name.
        name: String,
    },
    /// Sync an account no more; what is stored stays.
    Disable {
        /// The account's name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WorkerCommand {
    /// Run a worker of an account; one that the account did not have is added.
    Enable {
        /// The account's name.
        account: String,
        /// The worker.
        #[arg(value_parser = worker)]
        worker: Worker,
    },
    /// Run a worker of an account no more; what is stored stays.
    Disable {
        /// The account's name.
        account: String,
        /// The worker.
        #[arg(value_parser = worker)]
        worker: Worker,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CommandCommand {
    /// The newest ones.
    List {
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One of them.
    Show {
        /// Its number.
        id: i64,
    },
}

/// Where an account's access tokens come from.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct TokenFrom {
    /// A file that holds an access token; it is read at each attempt.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// From eBay: walks through the seller's consent. Needs `bulkhead application set`.
    #[arg(long)]
    pub oauth: bool,
    /// From eBay, for a refresh token that you have; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub refresh_token_file: Option<PathBuf>,
    /// From the seller's web app (`WEB_APP_URL`, `INTERNAL_API_KEY`), which knows the account by this id.
    #[arg(long, value_name = "EBAY_ACCOUNT")]
    pub web_app: Option<String>,
}

/// Other tokens for an account.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SetToken {
    /// The account's name.
    pub name: String,
    #[command(flatten)]
    pub token: TokenFrom,
}

/// An account to add.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct NewAccount {
    /// A name of your choice: letters, digits, `.`, `_` and `-`, at most 64.
    pub name: String,
    #[command(flatten)]
    pub token: TokenFrom,
    /// Which eBay: production, sandbox, or one from the configuration.
    #[arg(long, default_value = "production")]
    pub environment: String,
    /// The marketplace, for example `EBAY_US`.
    #[arg(long, default_value = "EBAY_US")]
    pub marketplace: String,
    /// The workers to run, separated by commas. Default: all.
    #[arg(long, value_delimiter = ',', value_parser = worker)]
    pub workers: Vec<Worker>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ApplicationCommand {
    /// Store the credentials of an environment's application, encrypted.
    Set(NewApplication),
    /// Whose credentials are stored; never the secrets.
    List,
}

/// An application, as eBay's developer portal shows it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct NewApplication {
    /// Which eBay: production, sandbox, or one from the configuration.
    #[arg(long, default_value = "production")]
    pub environment: String,
    /// The client id ("App ID").
    #[arg(long, value_name = "ID")]
    pub client_id: String,
    /// The redirect name (`RuName`).
    #[arg(long, value_name = "NAME")]
    pub ru_name: String,
    /// The file that holds the client secret ("Cert ID"); `-` is standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub secret_file: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SecretCommand {
    /// Encrypt every secret with a new key. Killed at any point, nothing is lost: run it again.
    Rotate,
    /// Give up what no present key decrypts, because its key is lost: says what, and what connects it
    /// again.
    ///
    /// Nothing is removed without --yes, and nothing ever that a present key decrypts. Exit 4 if
    /// something is lost and was not removed, 3 if nothing is lost.
    Forget {
        /// Remove it.
        #[arg(long)]
        yes: bool,
    },
}
