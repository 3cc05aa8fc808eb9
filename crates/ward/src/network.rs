//! Networks in CIDR notation (RFC 4632, RFC 4291); addresses that map IPv4 into IPv6 count as IPv4.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a network is an address, a slash and the length of its prefix, with no bits set behind the prefix")]
pub struct NetworkError;

/// The bits of an address, leading ones first, and how many there are.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    }
}

fn mask(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(prefix))).unwrap_or(0)
}

impl Network {
    /// Whether an address is inside.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let (own, width) = bits(self.address);
        let (other, other_width) = bits(address);
        width == other_width && (own ^ other) & mask(self.prefix) == 0
    }

    /// Whether it is one of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.address.is_ipv4()
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError)?;
        let (own, width) = bits(address);
        let prefix = prefix.map_or(Ok(width), str::parse).map_err(|_| NetworkError)?;
        if prefix > width || own & !mask(prefix) != 0 {
            return Err(NetworkError);
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_inside_or_not_and_slips_are_refused() {
        let network: Network = "10.20.0.0/22".parse().unwrap();
        for (address, is_inside) in
            [("10.20.3.255", true), ("10.20.4.0", false), ("::ffff:10.20.1.1", true), ("2001:db8::1", false)]
        {
            assert_eq!(network.contains(address.parse().unwrap()), is_inside, "{address}");
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("255.255.255.255".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        assert!("2001:db8::/32".parse::<Network>().unwrap().contains("2001:db8:ffff::1".parse().unwrap()));
        assert_eq!("10.1.1.1".parse::<Network>().unwrap().to_string(), "10.1.1.1/32");
        for slip in ["10.20.0.1/22", "10.0.0.0/33", "10.0.0/8", "", "/8", "10.0.0.0/-1"] {
            assert!(slip.parse::<Network>().is_err(), "{slip}");
        }
    }
}
