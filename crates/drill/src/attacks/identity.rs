//! Being taken for somebody: certificates, titles, networks.

use crate::attack::{Attack, Field, Got, Target};
use crate::client::{CT, Client, EXPLICIT, Identity, limits};
use crate::site::{CT_2, CT_EARLY, CT_EXPIRED, CT_REVOKED};
use crate::{Ct, DrillError, WARD};
use medward_upper_layer::{VERIFICATION, request};

/// Whether an image of somebody else is taken as that of a sender.
async fn stores(field: Field<'_>, client: Client<'_>) -> Got {
    let ct = Ct::new(field.number, 1);
    Ok(client.store(&ct.instance, &ct.data_set()).await? == Some(0) || field.is_kept(&ct.instance)?)
}

async fn plain(field: Field<'_>) -> Got {
    let client = field.honest();
    let Ok(stream) = client.tcp().await else { return Ok(false) };
    let asked = client.asked(WARD, &[(VERIFICATION, "1.2.840.10008.1.2"), (CT, EXPLICIT)])?;
    let Ok(mut association) = request(stream, &asked, limits()).await else { return Ok(false) };
    let ct = Ct::new(field.number, 1);
    let data_set = ct.data_set();
    let uid = |text: &str| text.parse().map_err(|_| DrillError::Control("no UID".to_owned()));
    let (class, instance, mut source) = (uid(CT)?, uid(&ct.instance)?, data_set.as_slice());
    let stored = association.store(3, &class, &instance, &mut source, data_set.len() as u64).await;
    Ok(stored.is_ok_and(|status| status == 0) || field.is_kept(&ct.instance)?)
}

/// Titles that something behind the ward could take for more than a title.
const TITLES: [&str; 6] = ["../../etc/passwd", "' OR 1=1 --", "<script>", "%n%n%n", "CT_1;rm -rf", "ANY-SCP"];

macro_rules! attacks {
    ($($id:literal $title:literal $target:ident |$field:ident| $body:expr;)+) => {
        pub(super) const ATTACKS: &[Attack] = &[$(Attack {
            id: $id,
            title: $title,
            target: Target::$target,
            run: |$field| Box::pin(async move { $body }),
        },)+];
    };
}

attacks! {
    "plain" "a known title over a plain connection" ImageIntegrity |field| plain(field).await;
    "no-certificate" "a known title without a certificate" ImageIntegrity
        |field| stores(field, Client { identity: Identity::None, ..field.honest() }).await;
    "self-signed" "a known title with a certificate signed by itself" ImageIntegrity
        |field| stores(field, Client { identity: Identity::SelfSigned("ct-1"), ..field.honest() }).await;
    "expired" "a certificate that the file names and that has ended" ImageIntegrity
        |field| stores(field, Client { identity: Identity::Of("ct-expired"), title: CT_EXPIRED, ..field.honest() }).await;
    "revoked" "a certificate that the file names and that was revoked" ImageIntegrity
        |field| stores(field, Client { identity: Identity::Of("ct-revoked"), title: CT_REVOKED, ..field.honest() }).await;
    "not-yet-valid" "a certificate that the file names and whose time has not come" ImageIntegrity
        |field| stores(field, Client { identity: Identity::Of("ct-early"), title: CT_EARLY, ..field.honest() }).await;
    "foreign" "a known title with a certificate of another authority that has the name of the right one" ImageIntegrity
        |field| stores(field, Client { identity: Identity::Foreign("ct-1"), ..field.honest() }).await;
    "wrong-key" "the right certificate without its key" ImageIntegrity
        |field| stores(field, Client { identity: Identity::WrongKey("ct-1"), ..field.honest() }).await;
    "corrupted" "the right certificate with one bit of its signature changed" ImageIntegrity
        |field| stores(field, Client { identity: Identity::Corrupted("ct-1"), ..field.honest() }).await;
    "tls-1.2" "a TLS that the sender's record does not allow" PatientData
        |field| stores(field, Client { is_old: true, ..field.honest() }).await;
    "server-certificate" "the certificate of a server, as a client" ImageIntegrity
        |field| stores(field, Client { identity: Identity::Of("ai"), ..field.honest() }).await;
    "other-title" "a right certificate under the title of another sender" ImageIntegrity
        |field| stores(field, Client { title: CT_2, ..field.honest() }).await;
    "unknown-title" "a right certificate under a title that nobody has" ImageIntegrity
        |field| stores(field, Client { title: "NOBODY", ..field.honest() }).await;
    "other-network" "a right certificate and title from the network of another sender" ImageIntegrity
        |field| stores(field, Client { identity: Identity::Of("ct-2"), title: CT_2, ..field.honest() }).await;
    "unknown-network" "a right certificate and title from a network that nobody has" ImageIntegrity
        |field| stores(field, Client { source: "127.0.0.9", ..field.honest() }).await;
    "other-called" "a call for another node" ImageIntegrity |field| {
        let kinds = [(VERIFICATION, "1.2.840.10008.1.2")];
        Ok(field.honest().associate_for("PACS", &kinds).await?.is_some())
    };
    "hostile-title" "titles made of paths, statements and tags" ImageIntegrity |field| {
        for title in TITLES {
            if stores(field, Client { title, ..field.honest() }).await? {
                return Ok(true);
            }
        }
        Ok(false)
    };
}

pub(super) use attacks;
