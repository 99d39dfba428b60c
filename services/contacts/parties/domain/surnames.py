"""How a hundred frequent Japanese family names that are written in Chinese characters are read."""

_SURNAMES = """
    佐藤 sato 鈴木 suzuki 高橋 takahashi 田中 tanaka 伊藤 ito 渡辺 watanabe 山本 yamamoto
    中村 nakamura 小林 kobayashi 加藤 kato 吉田 yoshida 山田 yamada 佐々木 sasaki 山口 yamaguchi
    松本 matsumoto 井上 inoue 木村 kimura 林 hayashi 斎藤 saito 清水 shimizu 山崎 yamazaki/yamasaki
    森 mori 池田 ikeda 橋本 hashimoto 阿部 abe 石川 ishikawa 山下 yamashita 中島 nakajima/nakashima
    石井 ishii 小川 ogawa 前田 maeda 岡田 okada 長谷川 hasegawa 藤田 fujita 後藤 goto
    近藤 kondo 村上 murakami 遠藤 endo 青木 aoki 坂本 sakamoto 斉藤 saito 福田 fukuda
    太田 ota 西村 nishimura 藤井 fujii 金子 kaneko 岡本 okamoto 藤原 fujiwara 三浦 miura
    中野 nakano 中川 nakagawa 原田 harada 松田 matsuda 竹内 takeuchi 小野 ono 田村 tamura
    中山 nakayama 和田 wada 石田 ishida 森田 morita 上田 ueda 原 hara 内田 uchida
    柴田 shibata 酒井 sakai 宮崎 miyazaki 横山 yokoyama 高木 takagi 安藤 ando 宮本 miyamoto
    大野 ono/ohno 小島 kojima 谷口 taniguchi 工藤 kudo 高田 takada 増田 masuda 丸山 maruyama
    今井 imai 河野 kono/kawano 藤本 fujimoto 村田 murata 武田 takeda 上野 ueno 杉山 sugiyama
    平野 hirano 大塚 otsuka 千葉 chiba 久保 kubo 松井 matsui 岩崎 iwasaki 桜井 sakurai
    木下 kinoshita 野口 noguchi 松尾 matsuo 菊地 kikuchi 野村 nomura 新井 arai 渡部 watanabe/watabe
    菅原 sugawara/sugahara 佐野 sano
"""
_WORDS = _SURNAMES.split()
READINGS = {name: reading.split("/") for name, reading in zip(_WORDS[::2], _WORDS[1::2], strict=True)}
"""In Latin letters without marks of length: Sato, not Satou."""
_LONGEST = max(map(len, READINGS))


def readings_of(word: str) -> list[str]:
    """Of the longest family name that a word begins with, since the given one mostly follows without a blank; nothing
    where none is known.
    """
    ends = range(min(len(word), _LONGEST), 0, -1)
    return next((READINGS[word[:end]] for end in ends if word[:end] in READINGS), [])
