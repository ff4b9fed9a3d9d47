//! Function words of the Latin-script languages that a news desk meets: the evidence that decides short texts.
//!
//! A trigram detector needs some hundred letters. Of a headline it sees too few, while one "der" or "pour" tells a person
//! enough. Words shared by two languages ("de", "la") stand under both, and say only that the text is foreign. Words that are
//! function words of English too ("in", "was", "no") say nothing, and stand here so that this is known. English words of other
//! kinds ("die", "met", "care") are left out.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::text::{hash, stopwords};

/// The languages, by BCP 47 code, with their words in lower case.
pub const LANGUAGES: &[(&str, &str)] = &[
    ("af", "van het en te nie vir aan om wat by sy hulle ons maar oor deur hy dié kan moet sal na tot uit ook in is was of"),
    ("ca", "el la els les un una dels amb per del que és ha han als més no però aquest seva entre sobre i o al pel a"),
    ("cs", "a že se na v ve je s z do za po k ale jako jeho byl byla jsou který která není bude podle od při už i o u si to"),
    ("cy", "y mae yn ar i o a'r ei wedi gan am fod cael mewn ond bod nid eu hwn dros gyda ac oedd"),
    (
        "da",
        "og er af til på den det en et som med der for ikke har blev vil efter om også mod ved skal kan sig fra hos nye over i at have her under by",
    ),
    (
        "de",
        "der das und den dem des ein eine einen einem einer im vom zum zur mit für auf aus bei nach nicht ist sind wird werden wurde wurden haben von zu sich auch als über vor gegen durch mehr nur noch oder dass bis unter wegen beim sein kein keine soll will muss kann wie um",
    ),
    (
        "es",
        "el la los las un una unos del al y que en por para con se su sus es fue más pero como ha han sobre entre lo este esta tras hasta desde ante de según ser muy también no me a o",
    ),
    ("et", "ja on ei et oli ka kui aga või mis oma kes pärast eesti mida ning välja üle selle üks saab kuid"),
    ("fi", "ja on ei että se oli myös kun mutta tai joka ovat hän mukaan sekä jo vain kuin ole mitä sen nyt yli noin ettei"),
    (
        "fr",
        "le la les un une des du de et est sont dans pour sur avec que qui ne pas au aux ce cette sa ses il elle ont été après contre mais ou où se en leur leurs nous vous comme entre sans l d qu selon être deux on or me a as",
    ),
    ("ga", "agus na an ar is le i do ag gach nó chun sé atá bhfuil ní don faoi mar ó leis ach bhí a sa as"),
    (
        "gl",
        "o os as un unha do da dos das no na nos nas e é que en por para con non se seu súa ao á aos máis foi como pero tras sobre entre ou ata sen ser tamén polo pola a",
    ),
    ("hr", "je i u na se da za su od s iz po koji koja koje nije što kako biti bi ne ali o kao već nakon će zbog prije do sve"),
    ("hu", "a az és hogy nem egy is van volt meg csak de már még mint ha el ki be lesz lehet ez után szerint között ellen ezt sem miatt"),
    (
        "id",
        "yang dan di dari untuk dengan pada ini itu tidak akan dalam ke oleh para adalah juga bisa telah sudah kepada karena saat lebih ada atau mereka usai soal anak jadi warga dua",
    ),
    ("is", "og í á að er sem um við til en ekki með var hefur það af fyrir hann eru frá verið hafa úr eftir þar segir"),
    (
        "it",
        "il lo la gli le un una di del della dei delle degli dello e è che per con non in si da dal dalla al alla nel nella sono ha più anche ma su sul sulla tra dopo contro senza suo sua se l d dell nell ai i o alle ancora a no me",
    ),
    ("lt", "ir kad į iš su yra ne už nuo buvo kaip dėl apie jau tai per tik po arba jo prieš iki ar"),
    ("lv", "un ir ka no ar uz kas nav tika pēc arī tas vai kā lai pie pret tiek būs līdz gada savu jau"),
    (
        "nl",
        "de het een van en dat op te zijn voor niet aan er om ook als bij naar dan nog uit maar wordt worden werd heeft hebben kan deze tot meer geen over moet zich na tegen veel je ik wel hoe wie al in is was we of had",
    ),
    (
        "no",
        "og er av til på den det en et som med for ikke har ble vil etter om også mot ved skal kan seg fra hos nye blir sier at å over i under",
    ),
    (
        "pl",
        "i w z na do się nie że o jest za po od dla jak przez ale przy co są był była było to tym jego oraz ze już będzie może przed nad ma więcej a",
    ),
    (
        "pt",
        "o os as um uma de do da dos das no na nos nas e é que em por para não se seu sua ao à aos mais foi são como mas pelo pela após sobre entre ou até sem ser tem diz contra a me",
    ),
    ("ro", "și şi în la de cu pe din nu a fost că pentru este sunt o un al ai ale lui mai după dar ca prin fi va au s către are sau fără"),
    ("sk", "a že sa na v vo je s z do za po pre k ale ako jeho bol bola sú ktorý ktorá nie bude podľa od pri už aj o u si proti to"),
    ("sl", "in je v na da se za so z s ki ne po pri od iz tudi kot bo pa bil bila o do med bi ali več še zaradi pred"),
    ("sq", "të e në dhe që për me një i nga është së ka u do si më nuk por janë pas kjo ky"),
    (
        "sv",
        "och att är av till på den det en ett som med för inte har blev vill efter om också mot vid ska kan sig från hos nya blir i över säger var de mer under",
    ),
    ("sw", "ya wa na kwa ni katika la za cha kuwa hiyo huo huyo baada kutoka hii yake zaidi ili pia lakini kama vya hilo"),
    ("tl", "ang ng sa na mga at ay ni kay para hindi si nang may ito niya nila kung dahil mula pa ngunit din rin"),
    (
        "tr",
        "ve bir bu için ile da de olarak daha çok en gibi kadar sonra ne o ama var yok değil olan mi mı oldu ise her göre karşı iki yeni",
    ),
    ("vi", "và của là có không được cho các một những trong với người này để khi đã tại về từ ở ra cũng đến sẽ như bị việc"),
];

/// One bit a language, in the order of [`LANGUAGES`].
pub type LanguageSet = u32;

const _: () = assert!(LANGUAGES.len() <= LanguageSet::BITS as usize);

static WORDS: LazyLock<HashMap<&'static str, LanguageSet>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (index, (_, list)) in LANGUAGES.iter().enumerate() {
        for word in list.split(' ') {
            *words.entry(word).or_insert(0) |= 1 << index;
        }
    }
    words
});

/// The languages, English apart, in which `word` (in lower case) is a function word; it may be one of English too.
pub fn languages_of(word: &str) -> LanguageSet {
    WORDS.get(word).copied().unwrap_or(0)
}

static FOREIGN: LazyLock<HashSet<u64>> = LazyLock::new(|| {
    let words = WORDS.keys().filter(|word| !stopwords::is_function_word(word));
    words.map(|word| hash::word(word.as_bytes())).collect()
});

/// Whether the word with this [`hash::word`] is a function word of one of the languages and not of English.
pub fn is_foreign(word: u64) -> bool {
    FOREIGN.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_for_every_language_that_has_it() {
        let codes = |word: &str| -> Vec<&str> {
            let set = languages_of(word);
            LANGUAGES.iter().enumerate().filter(|(index, _)| set & 1 << index != 0).map(|(_, (code, _))| *code).collect()
        };
        assert_eq!(codes("zum"), ["de"]);
        assert_eq!(codes("oraz"), ["pl"]);
        assert!(codes("la").contains(&"fr") && codes("la").contains(&"es"));
        assert!(codes("in").contains(&"nl"));
        assert!(codes("council").is_empty());
    }

    #[test]
    fn the_languages_are_sorted_without_repeats() {
        assert!(LANGUAGES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, list) in LANGUAGES {
            assert!(list.split(' ').all(|word| !word.is_empty() && word.to_lowercase() == *word), "{code}");
        }
    }
}
