//! Pages of orders as long and as mixed as real ones, seeded: members in eBay's order, names and
//! titles of several languages, here and there an escape.

use fastrand::Rng;

/// Orders in a page: what the worker asks for.
pub(crate) const ORDERS: usize = 200;

const BUYERS: &[(&str, &str, &str)] = &[
    ("Test Buyer", "Denver", "US"),
    ("Jürgen Groß", "Köln", "DE"),
    ("Zoë O'Neill", "Cork", "IE"),
    ("Łukasz Żak", "Łódź", "PL"),
    ("Anna Smith", "Stafford", "GB"),
    ("Marie Lefèvre", "Besançon", "FR"),
];

const TITLES: &[&str] = &[
    "IBM 46X2478 LTO Ultrium 5-H SAS Internal Tape Drive",
    r#"3.5\" Wechselrahmen für 2× SATA, geprüft"#,
    "Vintage Canon FD 50mm f/1.4 S.S.C. Lens with Caps - Excellent",
    "Lampe à poser Art déco, pâte de verre",
    "Lot of 12 brass door handles, reclaimed",
];

/// One order; `@name@` is replaced.
const ORDER: &str = r#"{"orderId":"@id@","legacyOrderId":"@id@","creationDate":"2026-06-18T13:27:24.000Z","lastModifiedDate":"2026-06-18T13:28:@second@.000Z","orderFulfillmentStatus":"NOT_STARTED","orderPaymentStatus":"PAID","sellerId":"test_seller","buyer":{"username":"buyer_@serial@","taxAddress":{"city":"@city@","stateOrProvince":"CO","postalCode":"@postal@","countryCode":"@country@"},"buyerRegistrationAddress":{"fullName":"@buyer@","contactAddress":{"addressLine1":"@serial@ Example Street","city":"@city@","stateOrProvince":"CO","postalCode":"@postal@","countryCode":"@country@"},"primaryPhone":{"phoneNumber":"5550100"},"email":"@serial@redacted@members.ebay.com"}},"pricingSummary":{"priceSubtotal":{"value":"@total@","currency":"USD"},"deliveryCost":{"value":"0.0","currency":"USD"},"total":{"value":"@total@","currency":"USD"}},"cancelStatus":{"cancelState":"NONE_REQUESTED","cancelRequests":[]},"paymentSummary":{"totalDueSeller":{"value":"@due@","currency":"USD"},"refunds":[],"payments":[{"paymentMethod":"EBAY","paymentReferenceId":"@serial@_S","paymentDate":"2026-06-18T13:27:24.746Z","amount":{"value":"@due@","currency":"USD"},"paymentStatus":"PAID"}]},"fulfillmentStartInstructions":[{"fulfillmentInstructionsType":"SHIP_TO","minEstimatedDeliveryDate":"2026-06-22T07:00:00.000Z","maxEstimatedDeliveryDate":"2026-06-25T07:00:00.000Z","ebaySupportedFulfillment":false,"shippingStep":{"shipTo":{"fullName":"@buyer@","contactAddress":{"addressLine1":"@serial@ Example Street","addressLine2":"Ste N","city":"@city@","stateOrProvince":"CO","postalCode":"@postal@","countryCode":"@country@"},"primaryPhone":{"phoneNumber":"5550100"},"email":"@serial@redacted@members.ebay.com"},"shippingCarrierCode":"UPS","shippingServiceCode":"UPSGround"}}],"fulfillmentHrefs":["https://api.ebay.com/sell/fulfillment/v1/order/@id@/shipping_fulfillment/@serial@"],"lineItems":[@lines@],"ebayCollectAndRemitTax":true,"salesRecordReference":"@serial@","totalFeeBasisAmount":{"value":"@total@","currency":"USD"},"totalMarketplaceFee":{"value":"@due@","currency":"USD"}}"#;

/// One line item.
const LINE: &str = r#"{"lineItemId":"@line@","legacyItemId":"267@serial@","sku":"WB @serial@-72/73","title":"@title@","lineItemCost":{"value":"@total@","currency":"USD"},"quantity":@quantity@,"soldFormat":"FIXED_PRICE","listingMarketplaceId":"EBAY_US","purchaseMarketplaceId":"EBAY_US","lineItemFulfillmentStatus":"NOT_STARTED","total":{"value":"@total@","currency":"USD"},"deliveryCost":{"shippingCost":{"value":"0.0","currency":"USD"}},"appliedPromotions":[],"taxes":[],"ebayCollectAndRemitTaxes":[{"taxType":"STATE_SALES_TAX","amount":{"value":"5.98","currency":"USD"},"collectionMethod":"NET"}],"properties":{"fromBestOffer":true,"buyerProtection":true,"soldViaAdCampaign":true},"lineItemFulfillmentInstructions":{"minEstimatedDeliveryDate":"2026-06-22T07:00:00.000Z","maxEstimatedDeliveryDate":"2026-06-25T07:00:00.000Z","shipByDate":"2026-06-23T04:59:59.000Z","guaranteedDelivery":false},"itemLocation":{"location":"Stafford, Texas","countryCode":"US","postalCode":"77477"}}"#;

/// A page of [`ORDERS`] orders.
pub(crate) fn page(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let orders: Vec<String> = (0..ORDERS).map(|_| order(&mut rng)).collect();
    format!(
        r#"{{"href":"https://api.ebay.com/sell/fulfillment/v1/order?limit={ORDERS}&offset=0","total":{ORDERS},"limit":{ORDERS},"offset":0,"orders":[{}]}}"#,
        orders.join(",")
    )
}

fn order(rng: &mut Rng) -> String {
    let serial = rng.u32(100_000_000..999_999_999).to_string();
    let total = format!("{}.{:02}", rng.u32(5..900), rng.u32(..100));
    let due = format!("{}.{:02}", rng.u32(5..900), rng.u32(..100));
    let (buyer, city, country) = BUYERS[rng.usize(..BUYERS.len())];
    let (first, second) = serial.split_at(4);
    let lines = if rng.u8(..5) == 0 { rng.usize(2..4) } else { 1 };
    let lines: Vec<String> = (0..lines).map(|_| line(rng)).collect();
    let order = ORDER.replace("@lines@", &lines.join(","));
    let replacements = [
        ("@id@", format!("03-{first}-{second}")),
        ("@second@", format!("{:02}", rng.u32(..60))),
        ("@serial@", serial),
        ("@total@", total),
        ("@due@", due),
        ("@buyer@", buyer.to_owned()),
        ("@city@", city.to_owned()),
        ("@country@", country.to_owned()),
        ("@postal@", rng.u32(10_000..99_999).to_string()),
    ];
    let replace = |text: String, (name, value): &(&str, String)| text.replace(name, value);
    replacements.iter().fold(order, replace)
}

fn line(rng: &mut Rng) -> String {
    LINE.replace(
        "@line@",
        &rng.u64(10_000_000_000_000..99_999_999_999_999).to_string(),
    )
    .replace("@title@", TITLES[rng.usize(..TITLES.len())])
    .replace("@quantity@", &rng.u32(1..4).to_string())
}
