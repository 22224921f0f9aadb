"""Words that names of columns are made of, in the languages of shops, as the English words that mean the same.

Names are made of few words, and of many together: “kod towaru”, “Kundennummer”, “商品コード”. So it is words that are
known here, and what they make together is compared as English names are. Knows no Django.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fidelia.kernel.folding import fold

# German, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Danish, Czech, Turkish, Russian, Chinese, Japanese.
_WORDS = {
    "receipt": "beleg bon kassenbon kassabon scontrino paragon paragonu kvitto kvittering fis tique uctenka talao cupom"
    " чек чека レシート 小票 receipt bill cheque",
    "invoice": "rechnung factura fattura fatura faktura faktury factuur invoice 发票",
    "order": "bestellung bestell auftrag pedido ordine encomenda zamowienie zamowienia bestelling ordre objednavka"
    " objednavky siparis заказ заказа 订单 訂單 注文 order",
    "transaction": "transaccion transazione transacao transakcja transakcji транзакция транзакции 交易 取引 islem"
    " transaction txn trn tran",
    "number": "nummer nr numero numer cislo номер 番号 编号 編號 号 number nbr",
    "code": "kod codigo cod codice kodu код コード 编码 kode code",
    "id": "ид id",
    "customer": "kunde kunden kund kundin cliente klient klienta klant musteri zakaznik zakaznika клиент клиента"
    " покупатель покупателя 客户 顾客 顧客 用户 buyer visitor contact kontakt kd partner cust customer",
    "member": "socio mitglied 会員 会员 member",
    "card": "karte karten carta tarjeta tessera cartao karta karty kart карта карты カード 卡 card",
    "product": "produkt produktu producto produto prodotto towar towaru urun товар товара 商品 产品 vare varen product"
    " prod",
    "article": "artikel articulo articolo artigo артикул артикула artikul article",
    "item": "item lineitem",
    "name": "nazwa naam navn nazev наименование название 名称 名 adi name",
    "description": "bezeichnung benamning omschrijving designacao descripcion descrizione descricao opis popis aciklama"
    " описание text detail descr description",
    "category": "kategorie kategoria categoria kategori warengruppe warengr varugrupp 类别 分類 カテゴリ category",
    "group": "groep gruppe grupp gruppo grupo grupa группа group klass klasse class",
    "department": "reparto departamento 部門 department dept",
    "family": "familia familie family",
    "quantity": "menge anzahl cantidad quantita quantidade qtd qta ilosc liczba aantal antal miktar adet mnozstvi"
    " количество кол 数量 件数 个数 uds unidades pezzi quantity qty",
    "unit": "einzel stuck stuk stk jednostkowa unitario unitaria  unit birim kus sztuk unitaire each",
    "unit price": "stuckpreis einzelpreis stuksprijs stukprijs pvp 单价 単価 uprc",
    "price": "preis precio prezzo preco cena prijs pris fiyat цена 价格 価格 price prc",
    "selling": "vk 販売 selling",
    "amount": "betrag importe importo valor wartosc bedrag belopp belob tutar сумма 金额 金額 amount sum value",
    "total": "gesamt razem celkem итого toplam totaal totalt totale 合計 total",
    "subtotal": "小計 小计 subtotal",
    "line total": "positionswert zeilenbetrag",
    "brutto": "brutto bruto lordo",
    "date": "datum fecha data dato tarih дата 日期 日 date",
    "date time": "日時 datetime dttm",
    "time": "uhrzeit zeit hora ora godzina tijd tid saat время 時刻 时间 cas time hour",
    "sale": "verkauf vendita venda venta sprzedaz sprzedazy verkoop salg satis продажа продажи 売上 sale",
    "sales": "umsatz ventas vendite vendas 销售额 sales",
    "purchase": "kauf compra acquisto zakup zakupu aankoop kob покупка покупки 購入 购买 purchase",
    "cost": "ek coste custo costo koszt kosten einkauf einkaufspreis 成本 cost",
    "profit": "gewinn profit 利润 利益 zysk",
    "store": "filiale filial tienda negozio loja sklep sklepu winkel butik butikk magaza prodejna магазин магазина 店舗"
    " 店 门店 filiaal sucursal laden standort store shop",
    "till": "kasse caja cassa caixa kasa kassa касса кассы レジ till register",
    "discount": "rabatt descuento sconto desconto rabat korting indirim скидка скидки скидкой 折扣 値引 sleva discount",
    "currency": "wahrung moneda valuta moeda waluta валюта 通貨 币种 mena currency",
    "country": "land pais paese kraj ulke страна 国家 国 zeme country",
    "town": "stadt ort wohnort ciudad poblacion citta cidade localidade localidad miasto plaats woonplaats sehir город"
    " 城市 mesto city town",
    "postal code": "plz cap postleitzahl postnummer psc индекс 郵便番号 邮编 postcode",
    "address": "strasse anschrift calle via rua ulica straat gade gata ulice улица direccion domicilio morada endereco"
    " adres adresa адрес 住所 地址 indirizzo address street",
    "given name": "vorname imie voornaam fornavn fornamn имя jmeno",
    "family name": "nachname apellidos cognome sobrenome apelido nazwisko achternaam efternamn efternavn soyad soyadi"
    " фамилия prijmeni",
    "phone": "telefon telefono telefone telemovel telefoon mobil mobiel movil cellulare телефон 電話 电话 phone mobile",
    "email": "correo mail email почта 邮箱 メール",
    "birth": "geburt geburts geb nacimiento nascita nascimento urodzenia geboorte fodsel dogum рождения narozeni birth",
    "birth date": "生年月日 birthday",
    "registration": "alta rejestracji iscrizione inscricao registrierung регистрации 登録 registration",
    "balance": "saldo stand bakiye остаток баланс 残高 余额 balance",
    "points": "punkte puntos punti pontos punkty punkten poeng poang puan баллы баллов ポイント 积分 points",
    "expiry": "ablauf gultig caducidad vencimiento scadenza waznosci vervaldatum 有効期限 有效期 expires expire expiry"
    " expiration validite echeance peremption",
    "tier": "stufe nivel livello poziom niveau uroven seviye уровень ランク 等级 tier level slab",
    "status": "status statut stato estado",
    "since": "seit",
    "brand": "marke marca marka merk varumarke марка бренд ブランド 品牌 hersteller brand producer producent",
    "opening": "eroffnet eroffnung apertura abertura otwarcia opening opened",
    "closing": "geschlossen schliessung cierre chiusura closing closed",
    "zone": "zona gebiet zone",
    "banner": "insegna ensena",
    "vat number": "nip",
    "delivery": "liefer lieferung доставка",
    "seller": "verkaufer vendedor venditore bediener kassierer seller",
    "payment": "支付 zahlung zahlungsart pago pagamento платеж",
    "year": "jahr", "month": "monat", "week": "woche",
    "type": "typ tipo тип type",
    "user": "user", "count": "cnt", "ordered": "ordered", "sold": "sold vendida vendido",
    "line": "zeile linea riga line position", "reference": "referencia",
    "head": "kopf",
}  # fmt: skip
# Words together that mean more than each alone.
_PHRASES = {
    "punto vendita": "store", "punto de venta": "store", "kod pocztowy": "postal code", "posta kodu": "postal code",
    "kol vo": "quantity", "кол во": "quantity", "q ta": "quantity", "nombre tienda": "store name",
    "nombre cliente": "customer name", "nombre producto": "product name", "data de nascimento": "birth date",
    "f nacimiento": "birth date", "punkte stand": "points balance", "cod art": "product code",
    "para birimi": "currency",
    "birim fiyat": "unit price", "cena za kus": "unit price", "stk pris": "unit price", "vk preis": "selling price",
    "vk brutto": "selling price",
    "электронная почта": "email", "data iscrizione": "registration date", "fecha de alta": "registration date",
    "mitglied seit": "member since", "kunde seit": "customer since", "prix achat": "cost", "n pdv": "store number",
    "libelle pdv": "store name", "со скидкой": "net",
}  # fmt: skip
_FILLERS = frozenset(
    ("di", "del", "della", "do", "das", "dos", "der", "die", "van", "het", "von", "per", "por", "el", "il", "lo",
     "za", "na", "of", "the", "de", "da", "am", "em", "le", "la", "du", "des", "a")
)  # fmt: skip
# What a German or Nordic word has between its parts.
_LINKS = ("s", "n", "e", "en", "es")
_PARTS_LEAST = 2
_LONG_ENOUGH = 6
_OF_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def _by_word() -> dict[str, tuple[str, ...]]:
    found = {fold(word): tuple(meaning.split()) for meaning, words in _WORDS.items() for word in words.split()}
    # Short words are known alone and in compounds as these last parts: artikelnr, kundid.
    return {word: meaning for word, meaning in found.items() if word}


_MEANING = _by_word()
_TOGETHER = {tuple(fold(phrase).split()): tuple(meaning.split()) for phrase, meaning in _PHRASES.items()}
_LONGEST = max(map(len, _MEANING))


@lru_cache(maxsize=20_000)
def in_english(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folded words of a name in English, as far as they are known; () where none of them is."""
    said: list[str] = []
    place = known = 0
    while place < len(words):
        phrase = next((size for size in (3, 2) if words[place : place + size] in _TOGETHER), 0)
        meaning = _TOGETHER[words[place : place + phrase]] if phrase else _meaning_of(words[place])
        if meaning is not None:
            known += 1
            said += [word for word in meaning if word not in said[-1:]]
        elif words[place] not in _FILLERS:
            said.append(words[place])
        place += phrase or 1
    return tuple(said) if known else ()


@lru_cache(maxsize=20_000)
def _meaning_of(word: str) -> tuple[str, ...] | None:
    if word in _MEANING:
        return _MEANING[word]
    if _OF_CJK.search(word):
        return _meaning_without_blanks(word)
    if len(word) < _LONG_ENOUGH:
        return None
    parts = _apart(word)
    return tuple(one for part in parts for one in _MEANING[part]) if len(parts) >= _PARTS_LEAST else None


def _meaning_without_blanks(word: str) -> tuple[str, ...] | None:
    """Chinese and Japanese write names in one; what is not known of them stays: 支付单价 is a unit price of 支付."""
    said: list[str] = []
    place, unknown, known = 0, "", 0
    while place < len(word):
        size = next((size for size in range(_LONGEST, 0, -1) if word[place : place + size] in _MEANING), 0)
        if size:
            said += ([unknown] if unknown else []) + list(_MEANING[word[place : place + size]])
            unknown, known = "", known + 1
        else:
            unknown += word[place]
        place += size or 1
    return tuple(said + ([unknown] if unknown else [])) if known else None


def _apart(word: str) -> tuple[str, ...]:
    """Take a compound apart into words that are known, the longest first: kundennummer; () where it cannot."""
    if not word:
        return ()
    for size in range(min(len(word), _LONGEST), 2, -1):
        part, rest = word[:size], word[size:]
        if part not in _MEANING:
            continue
        if not rest:
            return (part,)
        for link in ("", *_LINKS):
            if rest.startswith(link):
                after = rest[len(link) :]
                others = (after,) if after in ("nr", "id", "no") and after in _MEANING else _apart(after)
                if others:
                    return (part, *others)
    return ()
