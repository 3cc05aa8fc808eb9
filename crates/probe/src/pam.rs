//! The PAM stack by which a host changes passwords (pam.conf(5)), for probe `password-policy`: a policy that nothing asks for
//! protects nobody.

use crate::files::read_text;
use crate::probes::password_policy::HASHES;
use crate::{Context, Fault, Findings, Verdict};

/// A line of the stack.
#[derive(Debug)]
struct Module {
    /// Whether its refusal refuses the password.
    decides: bool,
    name: String,
    options: Vec<String>,
}

/// The modules asked in turn when a password is changed.
#[derive(Debug)]
pub struct Stack {
    path: String,
    modules: Vec<Module>,
}

/// Hash methods that `pam_unix` takes as an option.
const METHODS: [&str; 7] = ["md5", "bigcrypt", "sha256", "sha512", "blowfish", "gost_yescrypt", "yescrypt"];

/// One line, if it belongs to the changing of passwords: type, control (a word or `[...]`), module, options.
fn module(line: &str) -> Option<Module> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let rest = line.trim_start_matches('-').strip_prefix("password")?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let (control, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => rest.split_once(char::is_whitespace)?,
    };
    let mut words = rest.split_whitespace();
    let name = words.next()?.rsplit('/').next()?.to_owned();
    // `requisite` and `required` are short for controls in which everything not named is bad or deadly.
    let decides = matches!(control, "requisite" | "required")
        || control.split_whitespace().any(|part| matches!(part, "default=bad" | "default=die"));
    Some(Module { decides, name, options: words.map(str::to_owned).collect() })
}

impl Stack {
    /// Reads a service file.
    pub fn read(context: &Context, path: &str) -> Result<Self, Fault> {
        let text = read_text(context, path)?.replace("\\\n", " ");
        let modules: Vec<_> = text.lines().filter_map(module).collect();
        if modules.is_empty() {
            let what = format!("{path} changes no password itself; name the file that it includes");
            return Err(Fault::Empty { what });
        }
        Ok(Self { path: path.to_owned(), modules })
    }

    fn place(&self, name: &str) -> Option<(usize, &Module)> {
        self.modules.iter().enumerate().find(|(_, module)| module.name == name)
    }

    /// What the stack says to `pam_pwquality` itself, which counts before its file.
    pub fn quality_option(&self, key: &str) -> Option<&str> {
        let (_, module) = self.place("pam_pwquality.so")?;
        module.options.iter().rev().find_map(|option| option.strip_prefix(key)?.strip_prefix('='))
    }

    /// Whether the policy is asked for before a password is stored, and how one is stored.
    pub fn judge(&self, has_login_defs: bool, findings: &mut Findings) {
        let path = &self.path;
        let stores = self.place("pam_unix.so");
        let (verdict, seen) = match self.place("pam_pwquality.so") {
            None => (Verdict::Broken, "pam_pwquality is not asked"),
            Some((_, module)) if !module.decides => {
                (Verdict::Broken, "asked, and its refusal is passed over")
            }
            Some((place, _)) if stores.is_some_and(|(unix, _)| unix < place) => {
                (Verdict::Broken, "asked after the password is stored")
            }
            Some(_) => (Verdict::Held, "asked first"),
        };
        findings.positive(format!("{path} asks pam_pwquality before it stores a password"), verdict, seen);
        let Some((_, unix)) = stores else { return };
        let method = unix.options.iter().rev().find(|option| METHODS.contains(&option.as_str()));
        let (verdict, seen) = match method {
            Some(method) => {
                let is_strong = HASHES.iter().any(|hash| method.to_uppercase().ends_with(hash));
                (Verdict::from(is_strong), method.as_str())
            }
            None if has_login_defs => (Verdict::Held, "as login.defs says"),
            None => (Verdict::Unknown, "it does not say; name `login_defs` too"),
        };
        findings.negative(
            format!("{path} stores under no weaker hash than {}", HASHES.join(" or ")),
            verdict,
            seen,
        );
        let takes_none = unix.options.iter().any(|option| option == "nullok");
        let seen = if takes_none { "nullok" } else { "no nullok" };
        findings.negative(format!("{path} lets no empty password stand"), !takes_none, seen);
    }
}
