"""Makes the workbooks of this folder; needs openpyxl (MIT) and XlsxWriter (BSD-2-Clause). Run it here when a case is added."""

import datetime
import io
import zipfile

import openpyxl
import xlsxwriter


def save(book, name, replace=()):
    """Saves a workbook; openpyxl writes no formula results, so they are put into the XML afterwards."""
    raw = io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data = old.read(item.filename)
            if item.filename.startswith("xl/worksheets/"):
                for before, after in replace:
                    assert before in data or item.filename.endswith("sheet1.xml"), before
                    data = data.replace(before, after)
            new.writestr(item.filename, data)


def orchard():
    book = openpyxl.Workbook()
    notes = book.active
    notes.title = "说明"
    notes["A1"] = "请勿修改表头"
    sheet = book.create_sheet("商品")
    sheet["A1"] = "果园直播选品表"
    sheet.merge_cells("A1:H1")
    # Row 2 is blank.
    header = ["链接号", "商品名称", "直播价（元）", "日常价", "库存", "规格", "条码", "倒计时(秒)", "卖点", "图片", "备注"]
    for column, text in enumerate(header, 1):
        sheet.cell(3, column, text)
    rows = [
        [2, "阳山水蜜桃", 29.9, 59.9, 300, "5斤装", 6901234567892, 90, "现摘现发\n坏果包赔", "peach.jpg", "x"],
        [1, "巨峰葡萄", 19.899999999999999, None, None, "2斤", "036000291452", datetime.time(0, 5, 0), None, "https://example.com/grape.jpg", None],
        [3, "翠冠梨", "=C4*0.5", 1999, 12.5, None, None, None, None, None, None],
        [4, "黄桃罐头", "=C4/2", "¥39.90", 80, "6罐", None, None, None, None, None],
        [5, "李子", datetime.date(2026, 1, 29), None, 5, None, None, None, None, None, None],
        [6, None, 9.9, None, 5, None, None, None, None, None, None],
        [7, "杏", 9.9, None, 5, datetime.date(2026, 3, 2), 6901234567893, None, None, None, None],
        [8, "枇杷", "=1/0", None, 5, None, None, None, None, None, None],
        [9, "杨梅", 1299, 1999.5, 0, None, 36000291452, None, None, None, None],
    ]
    for index, row in enumerate(rows):
        for column, value in enumerate(row, 1):
            if value is not None:
                sheet.cell(4 + index, column, value)
    # A stray cell far away, as left behind by a slip of the hand.
    sheet.cell(1048576, 16384, " ")
    save(book, "orchard.xlsx", [
        (b"<f>C4*0.5</f><v />", b"<f>C4*0.5</f><v>14.950000000000001</v>"),
        (b"<f>C4/2</f><v />", b"<f>C4/2</f><v>14.949999999999999</v>"),
        (b'<c r="C11"><f>1/0</f><v /></c>', b'<c r="C11" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
    ])


def no_header():
    book = openpyxl.Workbook()
    book.active.append(["just", "some", "words"])
    book.active.append([1, 2, 3])
    save(book, "no_header.xlsx")


def shared():
    """What Excel itself writes: shared strings, runs of rich text, formats, hidden sheets, results of formulas."""
    book = xlsxwriter.Workbook("shared.xlsx", {"constant_memory": False})
    hidden = book.add_worksheet("旧")
    hidden.write_row(0, 0, ["标题", "价格"])
    hidden.write_row(1, 0, ["不该出现", 1])
    hidden.hide()
    sheet = book.add_worksheet("List")
    sheet.activate()
    sheet.set_first_sheet()
    bold = book.add_format({"bold": True})
    yuan = book.add_format({"num_format": "¥#,##0.00"})
    whole = book.add_format({"num_format": "0"})
    sheet.write_row(0, 0, ["商品编码", "标题", "价格", "库存", "条码", "倒计时（分钟）"])
    sheet.write(1, 0, "A-1")
    sheet.write_rich_string(1, 1, bold, "阳山", "水蜜桃")
    sheet.write(1, 2, 1299.9, yuan)
    sheet.write_formula(1, 3, "=SUM(100,200)", None, 300)
    sheet.write(1, 4, 6901234567892, whole)
    sheet.write(1, 5, 1.5)
    sheet.write(2, 0, "A-2")
    sheet.write(2, 1, "阳山水蜜桃")
    sheet.write_string(2, 2, "29.90")
    sheet.write_formula(2, 3, '=IF(TRUE,"不限","")', None, "不限")
    sheet.write_formula(2, 4, '=""', None, "")
    sheet.write(3, 0, "A-1")
    sheet.write(3, 1, "阳山水蜜桃")
    sheet.write(3, 2, True)
    book.close()


orchard()
no_header()
shared()
